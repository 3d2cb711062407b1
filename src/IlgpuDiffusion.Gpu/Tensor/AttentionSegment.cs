using ILGPU;

namespace IlgpuDiffusion.Gpu.Tensor;

/// <summary>Keys and values that queries look at.</summary>
internal struct AttentionSegment
{
    /// <summary>[R, Tk, heads · d].</summary>
    public ArrayView<U4> Keys;

    /// <summary>The same.</summary>
    public ArrayView<U4> Values;
}
