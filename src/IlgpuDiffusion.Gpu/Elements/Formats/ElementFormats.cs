using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>How activations lie in memory, as a type argument: read and written one by one, or eight in a row at once.</summary>
/// <typeparam name="TElement">The element in memory.</typeparam>
internal interface IElementFormat<TElement> : IWeightFormat<TElement>
    where TElement : unmanaged
{
    /// <summary>The element nearest to a number; of two equally near ones the even.</summary>
    static abstract TElement Narrow(float value);

    /// <summary>Eight numbers, in accesses of 16 bytes; the first lies at a multiple of 16 bytes.</summary>
    static abstract Octet LoadEight(ArrayView<TElement> memory, int at);

    /// <summary>Writes eight numbers, in accesses of 16 bytes; the first lies at a multiple of 16 bytes.</summary>
    static abstract void StoreEight(ArrayView<TElement> memory, int at, Octet x);
}

/// <summary>Single precision.</summary>
internal readonly struct Float32Format : IElementFormat<float>
{
    /// <inheritdoc/>
    public static float Widen(float element) => element;

    /// <inheritdoc/>
    public static float Narrow(float value) => value;

    /// <inheritdoc/>
    public static Octet LoadEight(ArrayView<float> memory, int at)
    {
        ArrayView<F4> fours = memory.Cast<F4>();
        F4 low = fours[at >> 2], high = fours[(at >> 2) + 1];
        return new Octet { A = low.X, B = low.Y, C = low.Z, D = low.W, E = high.X, F = high.Y, G = high.Z, H = high.W };
    }

    /// <inheritdoc/>
    public static void StoreEight(ArrayView<float> memory, int at, Octet x)
    {
        ArrayView<F4> fours = memory.Cast<F4>();
        fours[at >> 2] = new F4 { X = x.A, Y = x.B, Z = x.C, W = x.D };
        fours[(at >> 2) + 1] = new F4 { X = x.E, Y = x.F, Z = x.G, W = x.H };
    }
}

/// <summary>bfloat16: the upper half of a single.</summary>
internal readonly struct BFloat16Format : IElementFormat<ushort>
{
    /// <inheritdoc/>
    public static float Widen(ushort element) => Interop.IntAsFloat((uint)element << 16);

    /// <inheritdoc/>
    public static ushort Narrow(float value)
    {
        uint bits = Interop.FloatAsInt(value);
        uint rounded = (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16;
        return (ushort)((bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : rounded);
    }

    /// <inheritdoc/>
    public static Octet LoadEight(ArrayView<ushort> memory, int at) => Octets.Widen<BFloat16Format>(memory.Cast<U4>()[at >> 3]);

    /// <inheritdoc/>
    public static void StoreEight(ArrayView<ushort> memory, int at, Octet x) => memory.Cast<U4>()[at >> 3] = Octets.Narrow<BFloat16Format>(x);
}
