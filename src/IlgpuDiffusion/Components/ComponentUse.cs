using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Components;

/// <summary>What a request runs of one component.</summary>
/// <param name="Name">The component, as people read it.</param>
/// <param name="Parts">What runs, in order.</param>
/// <param name="Memory">The memory that it takes.</param>
/// <param name="Load">Brings its weights to the device, where they are not there yet.</param>
internal sealed record ComponentUse(string Name, IReadOnlyList<PartUse> Parts, MemoryReport Memory, Action<CancellationToken> Load)
{
    /// <summary>How often it runs, each time with other inputs.</summary>
    public int Runs { get; init; } = 1;

    /// <summary>What each evaluation of a run does; null for a component that has none.</summary>
    public AccelerationPlan? Plan { get; init; }

    /// <summary>Whether a run of it may be there while the denoiser's is.</summary>
    public bool InLoop { get; init; }

    /// <summary>Whether it is a denoiser: the model's, or that of a refiner, which takes its place.</summary>
    public bool Denoises => Plan is not null;

    /// <summary>Whether its weights take turns: those that it reads before its loop alone leave when the loop begins.</summary>
    public bool InTurn { get; init; }

    /// <summary>The bytes of its weights that are held at one time.</summary>
    /// <param name="inFiles">Whether those count that are read as they are in their files.</param>
    public long Held(bool inFiles) => Memory.Held(inFiles, InTurn);

    /// <summary>The bytes that are held when each runs, where one component is held at a time: its own, and beside them in the loop those of the denoiser at work.</summary>
    /// <param name="uses">What a request runs, in order.</param>
    /// <param name="inFiles">Whether weights count that are read as they are in their files.</param>
    public static IEnumerable<long> HeldAtOnce(IReadOnlyList<ComponentUse> uses, bool inFiles)
    {
        long denoiser = 0;
        foreach (ComponentUse use in uses)
        {
            yield return use.Held(inFiles) + (use is { InLoop: true, Denoises: false } ? denoiser : 0);
            denoiser = use.Denoises ? use.Held(inFiles) : denoiser;
        }
    }
}

/// <summary>Programs that a component runs.</summary>
/// <param name="Executable">The programs.</param>
/// <param name="Name">Which part of the component, as people read it; null for all of it.</param>
/// <param name="Runs">How often they run, each time that the component does.</param>
internal sealed record PartUse(Executable Executable, string? Name = null, int Runs = 1);
