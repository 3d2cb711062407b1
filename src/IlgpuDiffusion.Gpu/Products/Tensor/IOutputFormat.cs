using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>How a product's result and residual lie in memory. Places count numbers; those of four are multiples of four.</summary>
internal interface IOutputFormat
{
    /// <summary>A number.</summary>
    static abstract float Load(ArrayView<uint> memory, long at);

    /// <summary>Four numbers.</summary>
    static abstract F4 LoadFour(ArrayView<uint> memory, long at);

    /// <summary>Writes a number.</summary>
    static abstract void Store<T>(ArrayView<uint> memory, long at, float x)
        where T : struct, ITensorCores;

    /// <summary>Writes two numbers, at an even place.</summary>
    static abstract void StoreTwo<T>(ArrayView<uint> memory, long at, F2 x)
        where T : struct, ITensorCores;

    /// <summary>Writes four numbers.</summary>
    static abstract void StoreFour<T>(ArrayView<uint> memory, long at, F4 x)
        where T : struct, ITensorCores;
}

/// <summary>32-bit numbers.</summary>
internal struct Output32 : IOutputFormat
{
    public static float Load(ArrayView<uint> memory, long at) => Interop.IntAsFloat(memory[at]);

    public static F4 LoadFour(ArrayView<uint> memory, long at) => memory.Cast<F4>()[at >> 2];

    public static void Store<T>(ArrayView<uint> memory, long at, float x)
        where T : struct, ITensorCores =>
        memory[at] = Interop.FloatAsInt(x);

    public static void StoreFour<T>(ArrayView<uint> memory, long at, F4 x)
        where T : struct, ITensorCores =>
        memory.Cast<F4>()[at >> 2] = x;

    public static void StoreTwo<T>(ArrayView<uint> memory, long at, F2 x)
        where T : struct, ITensorCores =>
        memory.Cast<F2>()[at >> 1] = x;
}

/// <summary>16-bit numbers.</summary>
/// <typeparam name="TNumber">Their form.</typeparam>
internal struct Output16<TNumber> : IOutputFormat
    where TNumber : struct, INumber16
{
    public static float Load(ArrayView<uint> memory, long at) => TNumber.Low(memory.Cast<ushort>()[at]);

    public static F4 LoadFour(ArrayView<uint> memory, long at)
    {
        U2 words = memory.Cast<U2>()[at >> 2];
        return new() { X = TNumber.Low(words.X), Y = TNumber.High(words.X), Z = TNumber.Low(words.Y), W = TNumber.High(words.Y) };
    }

    public static void Store<T>(ArrayView<uint> memory, long at, float x)
        where T : struct, ITensorCores =>
        memory.Cast<ushort>()[at] = (ushort)T.Pack(x, x);

    public static void StoreFour<T>(ArrayView<uint> memory, long at, F4 x)
        where T : struct, ITensorCores =>
        memory.Cast<U2>()[at >> 2] = new() { X = T.Pack(x.X, x.Y), Y = T.Pack(x.Z, x.W) };

    public static void StoreTwo<T>(ArrayView<uint> memory, long at, F2 x)
        where T : struct, ITensorCores =>
        memory[at >> 1] = T.Pack(x.X, x.Y);
}
