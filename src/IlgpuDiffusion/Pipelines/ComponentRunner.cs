using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Pipelines;

/// <summary>What all components of a pipeline share: the device, its lane, the packed weights, the type in which activations are stored.</summary>
internal sealed record ComponentRunner(Device Device, Lane Lane, Residency Residency, IReadOnlyCollection<string> WithoutPasses, ElementType Type = ElementType.F32)
{
    /// <summary>Compiles for the device with the pipeline's passes.</summary>
    public Executable Compile(IReadOnlyList<Variant> variants, int evaluations = 1) =>
        Executable.Compile(variants, Device, new CompileOptions { Evaluations = evaluations, Type = Type, WithoutPasses = WithoutPasses });
}
