using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Keys and values that queries look at.</summary>
internal struct AttentionSegment
{
    /// <summary>[R, Tk, heads · d].</summary>
    public ArrayView<U4> Keys;

    /// <summary>The same.</summary>
    public ArrayView<U4> Values;

    /// <summary>The keys' rectangle of each tile; any view if there are none.</summary>
    public ArrayView<int> Bounds;
}
