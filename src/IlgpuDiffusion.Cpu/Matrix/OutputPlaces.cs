using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>The result of a product and its epilogue's operands, as addresses; those that are not there are null.</summary>
internal unsafe struct OutputPlaces
{
    public Activation Activation;
    public bool Gated;

    /// <summary>Channels of the result.</summary>
    public int Outputs;

    /// <summary>Pixels of <see cref="Stride"/> floats.</summary>
    public float* Y;
    public nint Stride;

    /// <summary>Per output, the gates' after the values'.</summary>
    public float* Bias;

    /// <summary>Rows per image: floats from one row to the next, and images that share a row.</summary>
    public float* RowBias;
    public nint RowBiasStride;
    public int ImagesPerRowBias;

    public float* Residual;
    public nint ResidualStride;

    /// <summary>Per image and slot: Σx, then Σx² of each channel.</summary>
    public double* Sums;
    public int Slots;

    /// <summary>The even or the odd columns, seen as pixels of their own.</summary>
    public readonly OutputPlaces EveryOther(int odd) => this with
    {
        Y = Y + (odd * Stride),
        Stride = 2 * Stride,
        Residual = Residual == null ? null : Residual + (odd * ResidualStride),
        ResidualStride = 2 * ResidualStride,
    };
}
