using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Components;

/// <summary>What a request runs of one component.</summary>
/// <param name="Name">The component, as people read it.</param>
/// <param name="Executable">Its programs.</param>
/// <param name="Load">Brings its weights to the device, where they are not there yet.</param>
internal sealed record ComponentUse(string Name, Executable Executable, Action<CancellationToken> Load)
{
    /// <summary>How often it runs, each time with other inputs.</summary>
    public int Runs { get; init; } = 1;

    /// <summary>The variant of the evaluation program for each evaluation of a run; empty for a component that has none.</summary>
    public IReadOnlyList<int> VariantOf { get; init; } = [];

    /// <summary>Whether a run of it may be there while the denoiser's is.</summary>
    public bool InLoop { get; init; }
}
