using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>The network with guidance and prediction, compiled per size.</summary>
/// <param name="network">The network.</param>
/// <param name="latentChannels">Channels of the latents.</param>
/// <param name="weights">The network's weights.</param>
/// <param name="runner">Device and lane.</param>
internal sealed class Denoiser(IDenoiserNetwork network, int latentChannels, WeightStore weights, ComponentRunner runner) : Component<EvaluationKey>(weights, runner, kept: 4)
{
    private readonly RecentCache<(Shape Latents, int Steps), Executable> _inpaints = new(4, key => Inpaint.Compile(runner.Device, key.Latents, key.Steps));
    private volatile Tuple<int, int, SiteSurvey>? _surveyed;

    /// <summary>The network's sites at a size of latents.</summary>
    public SiteSurvey Survey(int height, int width)
    {
        if (_surveyed is not { } last || (last.Item1, last.Item2) != (height, width))
        {
            EquatableArray<InputShape> inputs = new([.. network.Inputs.Where(input => input.Stage == Stage.Request).Select(input => new InputShape(input.Name, new Shape(2, 1, 1, input.Channels)))]);
            EvaluationKey key = new(1, height, width, 2, inputs, 1, Rescale: false, default);
            _surveyed = last = Tuple.Create(height, width, SiteSurvey.Of(plan => [Build(new Graph(), key, plan)]));
        }

        return last.Item3;
    }

    /// <summary>The blend of inpainting after each step.</summary>
    public Executable InpaintExecutable(Shape latents, int steps)
    {
        Executable executable = _inpaints.Get((latents, steps));
        Bind(executable);
        return executable;
    }

    /// <summary>Begins a run with conditioning and schedule set.</summary>
    /// <param name="key">The form of the evaluation.</param>
    /// <param name="program">The traced sampler.</param>
    /// <param name="plan">What each evaluation does.</param>
    /// <param name="conditioning">The network's inputs that the request knows, by name.</param>
    /// <param name="guidance">The scale of the difference between the branches.</param>
    /// <param name="embedded">The guidance scale that a network takes as an input.</param>
    /// <param name="rescale">The share of rescaled guidance.</param>
    /// <param name="cancellation">Observed while weights are brought in.</param>
    /// <param name="controls">What the form's ControlNets are given.</param>
    /// <param name="evaluations">The evaluations that the run is for, where they are not all of the sampler's.</param>
    /// <param name="inTurn">Whether the weights that are read before the loop alone leave when the loop begins.</param>
    public Run Begin(EvaluationKey key, SamplingProgram program, AccelerationPlan plan, IReadOnlyDictionary<string, HostTensor> conditioning, double guidance, double embedded, double rescale, CancellationToken cancellation, IReadOnlyList<ControlInput>? controls = null, IReadOnlyList<Evaluation>? evaluations = null, bool inTurn = false)
    {
        evaluations ??= program.Evaluations;
        Run run = Begin(key, inTurn, cancellation);
        try
        {
            SetText(run, conditioning);
            SetRows(run, EvaluationGraph.Time, evaluations, e => e.Scalars.Timestep);
            SetRows(run, EvaluationGraph.InputScale, evaluations, e => e.Scalars.CIn);
            SetRows(run, EvaluationGraph.SkipScale, evaluations, e => e.Scalars.CSkip);
            SetRows(run, EvaluationGraph.OutputScale, evaluations, e => e.Scalars.COut);
            SetRows(run, EvaluationGraph.CfgScale, evaluations, _ => guidance);
            SetRows(run, NetworkInputs.Guidance, evaluations, _ => embedded);
            SetRows(run, EvaluationGraph.Rescale, evaluations, _ => rescale);
            ControlGraph.Set(run, controls ?? [], evaluations.Count);
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

    /// <summary>Sets what a run knows of the request.</summary>
    /// <param name="run">The run.</param>
    /// <param name="conditioning">The network's inputs by name.</param>
    public static void SetText(Run run, IReadOnlyDictionary<string, HostTensor> conditioning)
    {
        foreach ((string name, HostTensor value) in conditioning)
        {
            run.Set<float>(name, value.Values);
        }
    }

    /// <inheritdoc/>
    protected override string Name(EvaluationKey key) => key.Controls.Count == 0 ? "denoiser" : "denoiser with ControlNet";

    /// <inheritdoc/>
    protected override WeightChanges Changes(EvaluationKey key) => key.Changes;

    /// <inheritdoc/>
    protected override void Know(EvaluationKey key)
    {
        base.Know(key);
        foreach (ControlPart part in key.Controls)
        {
            Source.Know(part.Network, part.Weights);
        }
    }

    /// <inheritdoc/>
    protected override Executable Compile(EvaluationKey key, ComponentRunner runner)
    {
        Graph graph = new();
        Variant[] variants = [.. key.Variants.Select(row =>
        {
            EvaluationPlan plan = new(row);
            Value clean = Build(graph, key, plan);
            return new Variant([clean], plan.Keeps);
        })];
        return runner.Compile(variants, key.Evaluations, key.Streams);
    }

    private static void SetRows(Run run, string input, IReadOnlyList<Evaluation> evaluations, Func<Evaluation, double> value)
    {
        if (run.Takes(input))
        {
            run.Set<float>(input, [.. evaluations.Select(e => (float)value(e))]);
        }
    }

    private Value Build(Graph graph, EvaluationKey key, EvaluationPlan plan) => EvaluationGraph.Build(new ModelBuilder(graph, Weights, plan).With(key.Changes), key, latentChannels, network);
}
