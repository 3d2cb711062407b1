using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Execution;

/// <summary>A loaded executable with a lane and a run.</summary>
internal sealed class Compiled : IDisposable
{
    private readonly Residency _residency;
    private readonly Lane _lane;

    public Compiled(Device device, Variant variant, int evaluations)
        : this(device, [variant], evaluations)
    {
    }

    public Compiled(Device device, Variant[] variants, int evaluations, MemoryWeights? weights = null)
    {
        Executable = Executable.Compile(variants, device, new CompileOptions { Evaluations = evaluations });
        _residency = new Residency(device);
        _lane = new Lane(device);
        using MemoryWeights none = new();
        Executable.Load(_residency, weights ?? none);
        Run = Run.Begin(Executable, _lane);
    }

    public Executable Executable { get; }

    public Run Run { get; }

    public void Dispose()
    {
        Run.Dispose();
        _lane.Dispose();
        _residency.Dispose();
    }
}
