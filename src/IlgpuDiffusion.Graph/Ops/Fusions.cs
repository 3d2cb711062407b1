namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>What a matrix product takes in from its neighbours.</summary>
[Flags]
internal enum Fusions
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>+ bias[n].</summary>
    Bias = 1,

    /// <summary>+ a vector per image, [R, 1, 1, N].</summary>
    RowBias = 2,

    /// <summary>SiLU, GELU or quick-GELU of the result.</summary>
    Activation = 4,

    /// <summary>value · activation(gate), the two being halves of the product.</summary>
    Gate = 8,

    /// <summary>+ a tensor of the result's shape.</summary>
    Residual = 16,

    /// <summary>x · scale + shift per image and channel in front (an applied group norm), SiLU after it.</summary>
    ScaleShift = 32,

    /// <summary>A layer norm in front.</summary>
    LayerNorm = 64,

    /// <summary>A nearest-neighbour resize in front of a convolution.</summary>
    Resize = 128,

    /// <summary>Sums of its result's channels for a group norm behind it.</summary>
    Sums = 256,

    /// <summary>All that a linear layer has room for.</summary>
    Linear = Bias | RowBias | Activation | Gate | Residual | ScaleShift | LayerNorm,

    /// <summary>All that a convolution has room for.</summary>
    Conv2d = Bias | RowBias | Activation | Residual | ScaleShift | Resize | Sums,

    /// <summary>Everything.</summary>
    All = Linear | Conv2d,
}
