namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>A device's kernels: one member an op, declared beside the op's record, so that a device that lacks one does not compile.</summary>
public partial interface IKernels
{
    /// <summary>The types in which the device stores activations, F32 among them.</summary>
    IReadOnlyList<ElementType> Stores { get; }

    /// <summary>Which neighbours <see cref="Linear"/> absorbs on this device.</summary>
    Fusions LinearFusions { get; }

    /// <summary>Which neighbours <see cref="Conv2d"/> absorbs on this device.</summary>
    Fusions Conv2dFusions { get; }
}

/// <summary>What a matrix product takes in from its neighbours.</summary>
[Flags]
public enum Fusions
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

    /// <summary>Everything.</summary>
    All = 511,
}
