using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Components;

/// <summary>After each step the latents outside the mask become the known picture's, noised to the step's level by the noise the run began with.</summary>
internal sealed class Inpaint : IDisposable
{
    private readonly Device _device;
    private readonly Run _run;
    private readonly long _bytes;
    private int _step;

    private Inpaint(Device device, Run run, long bytes) => (_device, _run, _bytes) = (device, run, bytes);

    /// <summary>The graph x·m + (α·known + σ·noise)·(1 − m), one evaluation a step.</summary>
    public static Executable Compile(Device device, Shape latents, int steps)
    {
        Graph graph = new();
        Value x = graph.Input("x", latents, Stage.Evaluation);
        Value mask = graph.Input("mask", latents with { Batch = 1, Channels = 1 }, Stage.Request);
        Value known = graph.Input("known", latents with { Batch = 1 }, Stage.Request);
        Value noise = graph.Input("noise", latents, Stage.Request);
        Value outside = known * graph.Input("alpha", Shape.Scalar, Stage.Schedule) + noise * graph.Input("sigma", Shape.Scalar, Stage.Schedule);
        return Executable.Compile([new Variant(x * mask + outside * mask.Affine(-1, 1))], device, new CompileOptions { Evaluations = steps });
    }

    /// <summary>Begins; mask is [h, w], 1 where the picture is repainted, known the picture's latents [h, w, c].</summary>
    public static Inpaint Begin(Executable executable, Device device, Lane lane, SamplingProgram program, ReadOnlySpan<float> mask, ReadOnlySpan<float> known, ReadOnlySpan<float> noise)
    {
        NoiseLevel[] levels = [.. program.Moves.OfType<EndStepMove>().Select(end => end.Level)];
        Run run = Run.Begin(executable, lane);
        run.Set("mask", mask);
        run.Set("known", known);
        run.Set("noise", noise);
        run.Set<float>("alpha", [.. levels.Select(level => (float)level.Alpha)]);
        run.Set<float>("sigma", [.. levels.Select(level => (float)level.Sigma)]);
        return new Inpaint(device, run, noise.Length * sizeof(float));
    }

    /// <summary>Blends the latents at an address after a step.</summary>
    public void EndStep(nint latents, CancellationToken cancellation)
    {
        _device.Copy(latents, _run.Address("x"), _bytes);
        _run.Evaluate(_step++, cancellation: cancellation);
        _device.Copy(_run.OutputAddress(0), latents, _bytes);
    }

    public void Dispose() => _run.Dispose();
}
