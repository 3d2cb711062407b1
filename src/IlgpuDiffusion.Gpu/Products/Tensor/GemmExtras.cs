using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>What a product adds to its sums; a view that the shape does not ask for is not read.</summary>
internal struct GemmExtras
{
    /// <summary>[N].</summary>
    public ArrayView<float> Bias;

    /// <summary>[R, N].</summary>
    public ArrayView<float> RowBias;

    /// <summary>As the result.</summary>
    public ArrayView<uint> Residual;
}
