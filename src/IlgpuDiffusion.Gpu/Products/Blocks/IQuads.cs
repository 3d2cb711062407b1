using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>How four neighbouring elements of a weight are read, as a type argument.</summary>
/// <typeparam name="TElement">The element in memory.</typeparam>
internal interface IQuads<TElement>
    where TElement : unmanaged
{
    /// <summary>One number.</summary>
    static abstract float Load(ArrayView<TElement> memory, long at);

    /// <summary>Four, the first at a multiple of four.</summary>
    static abstract F4 LoadFour(ArrayView<TElement> memory, long at);
}

/// <summary>Single precision.</summary>
internal struct SingleQuads : IQuads<float>
{
    public static float Load(ArrayView<float> memory, long at) => memory[at];

    public static F4 LoadFour(ArrayView<float> memory, long at) => memory.Cast<F4>()[at >> 2];
}

/// <summary>16-bit numbers, widened.</summary>
/// <typeparam name="TNumber">Their form.</typeparam>
internal struct ShortQuads<TNumber> : IQuads<ushort>
    where TNumber : struct, IWeightFormat<ushort>
{
    public static float Load(ArrayView<ushort> memory, long at) => TNumber.Widen(memory[at]);

    public static F4 LoadFour(ArrayView<ushort> memory, long at)
    {
        U2 words = memory.Cast<U2>()[at >> 2];
        return new() { X = Low(words.X), Y = High(words.X), Z = Low(words.Y), W = High(words.Y) };
    }

    private static float Low(uint word) => TNumber.Widen((ushort)(word & 0xffffu));

    private static float High(uint word) => TNumber.Widen((ushort)(word >> 16));
}
