namespace IlgpuDiffusion.Gpu;

/// <summary>Sizes of a product that is computed a block of 128×128 results a group.</summary>
internal struct BlockShape
{
    /// <summary>The product; a linear layer is a convolution of one line of pixels by a 1×1 kernel.</summary>
    public ProductShape Product;

    /// <summary>Numbers that are multiplied for a result: taps times inputs.</summary>
    public int K;

    /// <summary>The product's inputs.</summary>
    public Divisor Inputs;

    /// <summary>The kernel's columns.</summary>
    public Divisor KernelWidth;

    /// <summary>Source rows a row of the grid, times 2^32, rounded up.</summary>
    public ulong RowFactor;

    /// <summary>Likewise columns.</summary>
    public ulong ColumnFactor;

    /// <summary>1 if the input is read four channels at a time.</summary>
    public int FoursOfX;

    /// <summary>1 if the weight is read four numbers at a time.</summary>
    public int FoursOfWeight;

    /// <summary>Groups beside one another.</summary>
    public int Blocks;
}
