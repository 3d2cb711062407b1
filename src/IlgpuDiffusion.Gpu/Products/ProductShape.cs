namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Sizes of a matrix product or convolution, and what its epilogue does, as a kernel takes them. A linear layer is a convolution of one line
/// of pixels by a 1×1 kernel. Strides count elements; pixels are numbered through all images.
/// </summary>
internal struct ProductShape
{
    /// <summary>Pixels of the result, of all images.</summary>
    public int Rows;

    /// <summary>Channels of the result.</summary>
    public int Columns;

    /// <summary>Channels of the input.</summary>
    public int Inputs;

    /// <summary>Tiles beside one another in a block of 64.</summary>
    public int BlockColumns;

    /// <summary>Blocks beside one another.</summary>
    public int Blocks;

    /// <summary>The kernel.</summary>
    public int KernelHeight;

    /// <inheritdoc cref="KernelHeight"/>
    public int KernelWidth;

    /// <summary>The kernel's step.</summary>
    public int Stride;

    /// <summary>Zeros above.</summary>
    public int Top;

    /// <summary>Zeros to the left.</summary>
    public int Left;

    /// <summary>The input in memory.</summary>
    public int SourceHeight;

    /// <inheritdoc cref="SourceHeight"/>
    public int SourceWidth;

    /// <summary>The input as the kernel sees it, after the nearest-neighbour resize.</summary>
    public int GridHeight;

    /// <inheritdoc cref="GridHeight"/>
    public int GridWidth;

    /// <summary>The result.</summary>
    public int Height;

    /// <inheritdoc cref="Height"/>
    public int Width;

    /// <summary>From one pixel of the input to the next.</summary>
    public int XStride;

    /// <summary>From one pixel of the result to the next.</summary>
    public int YStride;

    /// <summary>In the weight, from one output, tap and input channel to the next.</summary>
    public int WeightOutput;

    /// <inheritdoc cref="WeightOutput"/>
    public int WeightTap;

    /// <inheritdoc cref="WeightOutput"/>
    public int WeightInput;

    /// <summary>The activation's number.</summary>
    public int Activation;

    /// <summary>Whether there are gates, in the weight's second half of rows.</summary>
    public int Gated;

    /// <summary>Whether there is a bias.</summary>
    public int Bias;

    /// <summary>Pixels that share a row bias; 0 if there is none.</summary>
    public int RowBiasPixels;

    /// <summary>From one row bias to the next.</summary>
    public int RowBiasStride;

    /// <summary>Whether a tensor is added last.</summary>
    public int Residual;

    /// <summary>From one of its pixels to the next.</summary>
    public int ResidualStride;
}
