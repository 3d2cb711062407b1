using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs;

/// <summary>What a device's kernels store, absorb and cut: all that a compile asks of it before it prepares a kernel. The default is the least that a device can do.</summary>
internal sealed record Capabilities
{
    /// <summary>The types in which activations can be stored, F32 among them.</summary>
    public IReadOnlyList<ElementType> Stores { get; init; } = [ElementType.F32];

    /// <summary>Which neighbours a <see cref="Ops.Linear"/> absorbs.</summary>
    public Fusions Linear { get; init; }

    /// <summary>Which neighbours a <see cref="Ops.Conv2d"/> absorbs.</summary>
    public Fusions Conv2d { get; init; }

    /// <summary>Whether linear layers read weights of 8 bits (<see cref="ElementType.F8E4M3"/>, <see cref="ElementType.F8E5M2"/>) beside activations in F32; else they are brought in as F16, which holds them exactly.</summary>
    public bool LinearReadsBytes { get; init; }

    /// <summary>Whether a layer norm of a shape is one kernel with its statistics (<see cref="Ops.LayerNorm"/>).</summary>
    public Func<Shape, bool> LayerNorm { get; init; } = static _ => false;

    /// <summary>In how many slots a convolution leaves the sums of each image's channels, from one image's shape alone; 0 if it leaves none.</summary>
    public ConvolutionAnswer<int> SumSlots { get; init; } = static (_, in _) => 0;

    /// <summary>The convolution with those of its permissions (<see cref="Conv2d.Winograd"/>, <see cref="Conv2d.Phases"/>) that the device makes use of for these shapes.</summary>
    public ConvolutionAnswer<Conv2d> Used { get; init; } = static (op, in _) => op with { Winograd = false, Phases = false };
}

/// <summary>What a device says of a convolution of some shapes.</summary>
internal delegate T ConvolutionAnswer<out T>(Conv2d op, in Operands operands);
