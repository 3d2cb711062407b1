using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Components;

/// <summary>What all components of a pipeline share: the device, its lane, the packed weights, the type in which activations are stored.</summary>
internal sealed record ComponentRunner(Device Device, Lane Lane, Residency Residency, IReadOnlyCollection<string> WithoutPasses, ElementType Type = ElementType.F32)
{
    /// <summary>Is told of weights that are copied to the device: the component, bytes copied, bytes in all.</summary>
    public Action<string, long, long>? Copying { get; init; }

    /// <summary>Brings the weights of a component to the device, where they are not there yet.</summary>
    public void Load(string component, Executable executable, IWeightSource weights, CancellationToken cancellation) =>
        executable.Load(Residency, weights, Copying is { } told && Device.CopiesWeights ? (done, all) => told(component, done, all) : null, cancellation);

    /// <summary>Compiles for the device with the pipeline's passes.</summary>
    public Executable Compile(IReadOnlyList<Variant> variants, int evaluations = 1) =>
        Executable.Compile(variants, Device, new CompileOptions { Evaluations = evaluations, Type = Type, WithoutPasses = WithoutPasses });
}
