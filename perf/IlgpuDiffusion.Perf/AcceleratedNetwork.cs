using System.Diagnostics;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf;

/// <summary>SD 1.5's UNet of random weights with the structures of a plan, one picture, guided; weights are shared by all plans.</summary>
internal sealed class AcceleratedNetwork : IDisposable
{
    private const int Tokens = 77;

    private readonly int _size;
    private readonly WeightStore _weights;
    private readonly UNet2DConditionModel _unet;
    private readonly CpuDevice _device;
    private readonly Lane _lane;
    private readonly Residency _residency;

    public AcceleratedNetwork(int size, int threads)
    {
        ModelKeys keys = ModelKeys.Read("sd15", "unet");
        (_size, _weights, _unet) = (size, WeightStore.Synthetic(keys.Shapes, ElementType.F32), UNet2DConditionModel.Read(keys.Config));
        _device = new CpuDevice(new CpuDeviceOptions { Threads = threads });
        (_lane, _residency) = (new Lane(_device), new Residency(_device));
    }

    /// <summary>The device's name.</summary>
    public string Device => _device.Name;

    /// <summary>Plans and compiles a run of so many steps.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="steps">Steps of one evaluation each.</param>
    /// <param name="planning">What planning took, without building the network.</param>
    public Timed Begin(AccelerationPolicy policy, int steps, out TimeSpan planning)
    {
        SiteSurvey survey = SiteSurvey.Of(plan => [Build(new Graph(), plan)]);
        Moment[] moments = [.. Enumerable.Range(0, steps).Select(step => new Moment(step, step, steps))];
        AccelerationPlan.Make(policy, survey, moments, guided: true);
        Stopwatch watch = Stopwatch.StartNew();
        AccelerationPlan made = AccelerationPlan.Make(policy, survey, moments, guided: true);
        planning = watch.Elapsed;
        Graph graph = new();
        Variant[] variants = [.. made.Variants.Select(row =>
        {
            EvaluationPlan plan = new(row);
            Value output = Build(graph, plan);
            return new Variant([output], plan.Keeps);
        })];
        Executable executable = Executable.Compile(variants, _device, new CompileOptions { Evaluations = steps });
        return OnLane(() =>
        {
            executable.Load(_residency, new StoredWeights(_weights));
            Run run = Run.Begin(executable, _lane);
            Random random = new(1);
            run.Set<float>("latents", Numbers(random, _size * _size * 4));
            run.Set<float>("context", Numbers(random, 2 * Tokens * _unet.TextChannels));
            run.Set<float>("time", [.. Enumerable.Range(0, steps).Select(step => 999f * (steps - step) / steps)]);
            foreach (string name in made.Numbers.Names.Where(run.Takes))
            {
                run.Set(name, made.Numbers.Rows(name));
            }

            run.Prepare();
            return new Timed(this, executable, run, made);
        });
    }

    public void Dispose()
    {
        _lane.Dispose();
        _residency.Dispose();
        _device.Dispose();
        _weights.Dispose();
    }

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];

    private Value Build(Graph graph, EvaluationPlan plan)
    {
        Value latents = graph.Input("latents", new Shape(1, _size, _size, 4), Stage.Evaluation);
        Value context = graph.Input("context", new Shape(2, 1, Tokens, _unet.TextChannels), Stage.Request);
        Branches branches = plan.Row.Branches;
        Value text = branches == Branches.Both ? context : context.Slice(Axis.Batch, branches == Branches.Unconditional ? 0 : 1, 1);
        Value output = _unet.Build(new ModelBuilder(graph, _weights, plan), latents.Repeat(plan.Row.BranchCount), graph.Input("time", Shape.Scalar, Stage.Schedule), text);
        output = plan.Through(plan.Site(SiteKind.Prediction, "prediction", output), output);
        Value conditional = branches == Branches.Both ? output.Slice(Axis.Batch, 1, 1) : output;
        return conditional + (plan.GuidanceDifference(conditional, branches == Branches.Both ? output.Slice(Axis.Batch, 0, 1) : null) ?? conditional) * 6.5;
    }

    private T OnLane<T>(Func<T> work) => _lane.Enqueue(work).GetAwaiter().GetResult();

    /// <summary>A run whose variants are timed.</summary>
    public sealed class Timed(AcceleratedNetwork network, Executable executable, Run run, AccelerationPlan plan) : IDisposable
    {
        /// <summary>The plan.</summary>
        public AccelerationPlan Plan => plan;

        /// <summary>Seconds of the first evaluation that runs a variant.</summary>
        public double Evaluate(int variant) => network.OnLane(() =>
        {
            long start = Stopwatch.GetTimestamp();
            run.Evaluate(plan.VariantOf.ToList().IndexOf(variant), variant);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        });

        /// <summary>Floating-point operations of a variant.</summary>
        public double Flops(int variant) => executable.Programs.Single(program => program.Variant == variant).Work.Flops;

        public void Dispose() => network.OnLane(() =>
        {
            run.Dispose();
            return true;
        });
    }
}
