using System.Diagnostics;
using System.Text.Json.Nodes;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf;

/// <summary>Stable Diffusion 3 medium's transformer with random weights and fewer blocks of full size: the first ones and the last, which has a text that ends there.</summary>
internal sealed class JointNetwork : IDisposable
{
    private readonly WeightStore _weights;
    private readonly MmditModel _mmdit;
    private readonly CpuDevice _device;
    private readonly Lane _lane;
    private readonly Residency _residency;

    /// <param name="blocks">How many blocks.</param>
    /// <param name="threads">Threads of the device.</param>
    public JointNetwork(int blocks, int threads)
    {
        ModelKeys keys = ModelKeys.Read("sd3-medium", "transformer");
        JsonObject config = JsonNode.Parse(keys.ConfigJson)!.AsObject();
        int all = config["num_layers"]!.GetValue<int>();
        config["num_layers"] = blocks;
        (_weights, _mmdit) = (WeightStore.Synthetic([.. keys.Shapes.Select(shape => (Name(shape.Name, all, blocks), shape.Shape)).Where(shape => shape.Item1.Length > 0)], ElementType.F16), MmditModel.Read(ComponentConfig.Parse(config.ToJsonString())));
        _device = new CpuDevice(new CpuDeviceOptions { Threads = threads });
        (_lane, _residency) = (new Lane(_device), new Residency(_device));
    }

    /// <summary>The device's name.</summary>
    public string Device => _device.Name;

    /// <summary>Begins a run of one kind of evaluation, weights ready.</summary>
    /// <param name="policy">What is computed less in each.</param>
    /// <param name="size">Height and width of the latents.</param>
    /// <param name="tokens">Tokens of the text.</param>
    /// <param name="rows">Rows: 2 with guidance.</param>
    public Timed Begin(AccelerationPolicy policy, int size, int tokens, int rows)
    {
        Value Build(Graph graph, EvaluationPlan plan) => _mmdit.Build(
            new ModelBuilder(graph, _weights, plan),
            graph.Input("latents", new Shape(rows, size, size, _mmdit.InChannels), Stage.Evaluation),
            graph.Input("time", Shape.Scalar, Stage.Schedule),
            new Dictionary<string, Value>
            {
                [NetworkInputs.Context] = graph.Input("text", new Shape(rows, 1, tokens, _mmdit.Config.TextChannels), Stage.Request),
                [NetworkInputs.Pooled] = graph.Input("pooled", new Shape(rows, 1, 1, _mmdit.Config.PooledChannels), Stage.Request),
            });
        AccelerationPlan plan = AccelerationPlan.Make(policy, SiteSurvey.Of(p => [Build(new Graph(), p)]), [new Moment(0, 0, 1)], guided: false);
        Executable executable = Executable.Compile([new Variant(Build(new Graph(), new EvaluationPlan(plan[0])))], _device);
        return OnLane(() =>
        {
            executable.Load(_residency, new StoredWeights(_weights));
            Run run = Run.Begin(executable, _lane);
            Random random = new(1);
            run.Set<float>("latents", Numbers(random, rows * size * size * _mmdit.InChannels));
            run.Set<float>("text", Numbers(random, rows * tokens * _mmdit.Config.TextChannels));
            run.Set<float>("pooled", Numbers(random, rows * _mmdit.Config.PooledChannels));
            run.Set<float>("time", [500]);
            foreach (string name in plan.Numbers.Names.Where(run.Takes))
            {
                run.Set(name, plan.Numbers.Rows(name));
            }

            run.Prepare();
            return new Timed(this, run);
        });
    }

    public void Dispose()
    {
        _lane.Dispose();
        _residency.Dispose();
        _device.Dispose();
        _weights.Dispose();
    }

    private T OnLane<T>(Func<T> work) => _lane.Enqueue(work).GetAwaiter().GetResult();

    private static float[] Numbers(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];

    // The last block under its new number, the first ones as they are, none of the others.
    private static string Name(string name, int all, int blocks)
    {
        const string Blocks = "transformer_blocks.";
        if (!name.StartsWith(Blocks, StringComparison.Ordinal))
        {
            return name;
        }

        string rest = name[Blocks.Length..];
        int number = int.Parse(rest[..rest.IndexOf('.', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
        return number == all - 1 ? $"{Blocks}{blocks - 1}{rest[rest.IndexOf('.', StringComparison.Ordinal)..]}" : number < blocks - 1 ? name : string.Empty;
    }

    /// <summary>A run whose evaluations are timed.</summary>
    public sealed class Timed(JointNetwork network, Run run) : IDisposable
    {
        /// <summary>Seconds of an evaluation.</summary>
        public double Evaluate() => network.OnLane(() =>
        {
            long start = Stopwatch.GetTimestamp();
            run.Evaluate();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        });

        public void Dispose() => network.OnLane(() =>
        {
            run.Dispose();
            return true;
        });
    }
}
