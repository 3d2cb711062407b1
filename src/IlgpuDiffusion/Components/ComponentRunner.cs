using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Components;

/// <summary>What all components of a pipeline share: the device, its lane, the packed weights, the type in which activations are stored.</summary>
internal sealed record ComponentRunner(Device Device, Lane Lane, Residency Residency, IReadOnlyCollection<string> WithoutPasses, ElementType Type = ElementType.F32)
{
    /// <summary>Is told of weights that are copied to the device: the component, bytes copied, bytes in all.</summary>
    public Action<string, long, long>? Copying { get; init; }

    /// <summary>Brings the weights of a component to the device, where they are not there yet.</summary>
    public void Load(string component, Executable executable, IWeightSource weights, CancellationToken cancellation, LoadedPrograms which = LoadedPrograms.All) =>
        executable.Load(Residency, weights, Copying is { } told && Device.CopiesWeights ? (done, all) => told(component, done, all) : null, cancellation, which);

    /// <summary>Bytes that the device has left, and those that can be had of what is held already; null where nobody knows.</summary>
    public long? Capacity => Device.AvailableMemory is { } available ? available + Residency.Held + Lane.HeldBytes : null;

    /// <summary>Compiles for the device with the pipeline's passes.</summary>
    /// <param name="variants">As <see cref="Executable.Compile"/> takes them.</param>
    /// <param name="evaluations">How many evaluations a run has.</param>
    /// <param name="streams">Whether large weights stay in their files (<see cref="CompileOptions.Streams"/>).</param>
    public Executable Compile(IReadOnlyList<Variant> variants, int evaluations = 1, bool streams = false) =>
        Executable.Compile(variants, Device, new CompileOptions { Evaluations = evaluations, Type = Type, WithoutPasses = WithoutPasses, Streams = streams });
}
