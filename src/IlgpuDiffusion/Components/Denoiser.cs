using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>The network with guidance and prediction, compiled per size.</summary>
/// <param name="unet">The network.</param>
/// <param name="latentChannels">Channels of the latents.</param>
/// <param name="weights">The network's weights.</param>
/// <param name="runner">Device and lane.</param>
internal sealed class Denoiser(UNet2DConditionModel unet, int latentChannels, WeightStore weights, ComponentRunner runner)
{
    private readonly StoredWeights _source = new(weights);
    private readonly ExecutableCache<EvaluationKey> _cache = new(4, key => Compile(unet, latentChannels, weights, runner, key));
    private volatile Tuple<int, int, SiteSurvey>? _surveyed;
    private readonly ExecutableCache<(Shape Latents, int Steps)> _inpaints = new(4, key => Inpaint.Compile(runner.Device, key.Latents, key.Steps));

    /// <summary>Compiles the evaluation.</summary>
    public Executable Executable(EvaluationKey key) => _cache.Get(key);

    /// <summary>Compiles the evaluation to be looked at alone, in a type for activations.</summary>
    public Executable Measure(EvaluationKey key, ElementType type) => Compile(unet, latentChannels, weights, runner with { Type = type }, key);

    /// <summary>The network's sites at a size of latents.</summary>
    public SiteSurvey Survey(int height, int width)
    {
        if (_surveyed is not { } last || (last.Item1, last.Item2) != (height, width))
        {
            EvaluationKey key = new(1, height, width, 2, 2, 1, 1, Rescale: false, default);
            _surveyed = last = Tuple.Create(height, width, SiteSurvey.Of(plan => [Build(new Graph(), unet, latentChannels, weights, key, plan)]));
        }

        return last.Item3;
    }

    /// <summary>Packs the weights.</summary>
    public void Load(EvaluationKey key, CancellationToken cancellation) => runner.Load("denoiser", Executable(key), _source, cancellation);

    /// <summary>The blend of inpainting after each step.</summary>
    public Executable InpaintExecutable(Shape latents, int steps)
    {
        Executable executable = _inpaints.Get((latents, steps));
        executable.Load(runner.Residency, _source);
        return executable;
    }

    /// <summary>Begins a run with text and schedule set.</summary>
    public Run Begin(EvaluationKey key, SamplingProgram program, AccelerationPlan plan, ReadOnlySpan<float> context, double guidance, double rescale, CancellationToken cancellation)
    {
        Executable executable = Executable(key);
        runner.Load("denoiser", executable, _source, cancellation);
        Run run = Run.Begin(executable, runner.Lane);
        try
        {
            run.Set(EvaluationGraph.Context, context);
            SetRows(run, EvaluationGraph.Time, program, e => e.Scalars.Timestep);
            SetRows(run, EvaluationGraph.InputScale, program, e => e.Scalars.CIn);
            SetRows(run, EvaluationGraph.SkipScale, program, e => e.Scalars.CSkip);
            SetRows(run, EvaluationGraph.OutputScale, program, e => e.Scalars.COut);
            SetRows(run, EvaluationGraph.Guidance, program, _ => guidance);
            SetRows(run, EvaluationGraph.Rescale, program, _ => rescale);
            foreach (string name in plan.Numbers.Names.Where(run.Takes))
            {
                run.Set(name, plan.Numbers.Rows(name));
            }

            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    private static void SetRows(Run run, string input, SamplingProgram program, Func<Evaluation, double> value)
    {
        if (run.Takes(input))
        {
            run.Set<float>(input, [.. program.Evaluations.Select(e => (float)value(e))]);
        }
    }

    private static Executable Compile(UNet2DConditionModel unet, int latentChannels, WeightStore weights, ComponentRunner runner, EvaluationKey key)
    {
        Graph graph = new();
        Variant[] variants = [.. key.Variants.Select(row =>
        {
            EvaluationPlan plan = new(row);
            Value clean = Build(graph, unet, latentChannels, weights, key, plan);
            return new Variant([clean], plan.Keeps);
        })];
        return runner.Compile(variants, key.Evaluations);
    }

    private static Value Build(Graph graph, UNet2DConditionModel unet, int latentChannels, WeightStore weights, EvaluationKey key, EvaluationPlan plan)
    {
        ModelBuilder m = new(graph, weights, plan);
        return EvaluationGraph.Build(graph, key, plan, latentChannels, unet.Config.InChannels, unet.TextChannels, (x, time, text) => unet.Build(m, x, time, text));
    }
}
