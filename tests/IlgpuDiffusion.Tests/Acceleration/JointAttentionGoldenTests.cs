using System.Text.Json;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>DiTCache, the gate of guidance and ToDo on joint attention, against recordings of the published code put into PyTorch.</summary>
[TestClass]
public sealed class JointAttentionGoldenTests
{
    public static IEnumerable<object[]> Trajectories => AccelerationCase.Names("sd3", "sd3-");

    [TestMethod]
    [DynamicData(nameof(Trajectories))]
    public void EveryStepIsTheReferences(string method, string name) => Compare(new AccelerationCase(method, name), TestDevices.Cpu);

    [TestMethod]
    [DataRow(TestDevices.Oracle)]
    [DataRow(TestDevices.IlgpuCpu)]
    public void AllDevicesGiveTheSame(string device) => Compare(new AccelerationCase("sd3", "sd3-all"), device);

    [TestMethod]
    public void SchedulesAreThePublishedOnes()
    {
        using AcceleratedMmdit small = new(Golden.Find("acceleration/weights/sd3")), large = new(Golden.Find("acceleration/weights/sd3-24"));
        Shape latents = new(1, 16, 16, 16);
        int rows = 0;
        foreach (JsonElement row in new AccelerationCase("sd3", "schedule").Table().EnumerateArray())
        {
            int steps = row.GetProperty("steps").GetInt32(), blocks = row.GetProperty("blocks").GetInt32();
            AcceleratedMmdit mmdit = blocks == 4 ? small : large;
            int[] cache = row.GetProperty("cache").ValueKind == JsonValueKind.Null ? [] : Whole(row.GetProperty("cache"));
            int gate = row.GetProperty("gate").ValueKind == JsonValueKind.Null ? steps : row.GetProperty("gate").GetInt32();
            AccelerationPlan plan = mmdit.Plan(new AccelerationPolicy([.. Techniques(cache, gate, null, 0, blocks, steps)]), AcceleratedMmdit.Program(steps), latents);
            string what = row.GetRawText();
            string kinds = row.GetProperty("kind").GetString()!;
            bool[] recalled = [.. Enumerable.Range(0, steps).Select(e => mmdit.Denoiser.Survey(16, 16).Sites.Any(site => plan[e][site].Action == SiteAction.Recall))];
            CollectionAssert.AreEqual(kinds.Select(kind => kind == 'S').ToArray(), recalled, what);
            Assert.AreEqual(row.GetProperty("rows_per_image").GetString(), string.Concat(Enumerable.Range(0, steps).Select(e => plan[e].BranchCount)), what);
            int[] run = mmdit.BlocksRun(plan, latents);
            CollectionAssert.AreEqual(Whole(row.GetProperty("blocks_run")), run, what);
            Assert.AreEqual(row.GetProperty("block_evaluations").GetInt32(), run.Select((blocks, e) => blocks * plan[e].BranchCount).Sum(), what);
            rows++;
        }

        Assert.IsGreaterThan(10, rows);
    }

    [TestMethod]
    public void ThePresetIsThePublishedSetting()
    {
        using AcceleratedMmdit mmdit = new(Golden.Find("acceleration/weights/sd3-24"));
        Shape latents = new(1, 16, 16, 16);
        AccelerationPlan preset = mmdit.Plan(AccelerationPolicy.MindOne, AcceleratedMmdit.Program(28), latents);
        AccelerationPlan published = mmdit.Plan(new AccelerationPolicy([.. Techniques([1, 2, 20, 10], 20, 1.6, 11, 24, 28)]), AcceleratedMmdit.Program(28), latents);
        CollectionAssert.AreEqual(published.VariantOf.Select(v => published.Variants[v]).ToArray(), preset.VariantOf.Select(v => preset.Variants[v]).ToArray());
        Assert.AreEqual(AccelerationPolicy.MindOne, AccelerationPolicy.Parse(AccelerationPolicy.MindOne.ToJson()));
    }

    [TestMethod]
    [DataRow("first", "1.6")]
    [DataRow("first", "2.0")]
    [DataRow("last", "1.6")]
    [DataRow("last", "2.0")]
    public void OneAttentionIsTheReferences(string layer, string factor)
    {
        AccelerationCase recorded = new("sd3", "attention");
        GoldenTensors tensors = recorded.Tensors;
        int block = layer == "first" ? 0 : 3;
        (float[] plainImage, float[]? plainText) = Attend(tensors, block, null);
        (float[] image, float[]? text) = Attend(tensors, block, double.Parse(factor, System.Globalization.CultureInfo.InvariantCulture));
        Close(tensors, $"{layer}.plain.image", plainImage, recorded.Tolerance);
        Close(tensors, $"{layer}.f{factor}.image", image, recorded.Tolerance);
        if (layer == "first")
        {
            // The recording has a text output of the last layer too, which nothing reads and we do not compute.
            Close(tensors, $"{layer}.plain.text", plainText!, recorded.Tolerance);
            Close(tensors, $"{layer}.f{factor}.text", text!, recorded.Tolerance);
        }
    }

    [TestMethod]
    public void CoarserGridsAreTheReferences()
    {
        AccelerationCase recorded = new("sd3", "attention");
        foreach (JsonElement grid in recorded.Params.GetProperty("grids").EnumerateArray())
        {
            int side = grid.GetProperty("side").GetInt32(), to = grid.GetProperty("new_side").GetInt32();
            string name = FormattableString.Invariant($"coarse.{side}.f{grid.GetProperty("factor").GetDouble()}");
            long[] shape = recorded.Tensors.Shape($"grid.{side}");
            KeyTaps taps = KeyTaps.Of(GridMethod.Bilinear, new Grid(side, side), new Grid(to, to));
            float[] x = recorded.Tensors.Floats($"grid.{side}"), y = new float[to * to * shape[2]];
            for (int i = 0; i < y.Length; i++)
            {
                int channels = (int)shape[2], c = i % channels, column = i / channels % to, row = i / channels / to;
                for (int k = 0; k < taps.Rows.Taps; k++)
                {
                    for (int l = 0; l < taps.Columns.Taps; l++)
                    {
                        int point = (taps.Rows.Points[(row * taps.Rows.Taps) + k] * side) + taps.Columns.Points[(column * taps.Columns.Taps) + l];
                        y[i] += taps.Rows.Weights[(row * taps.Rows.Taps) + k] * taps.Columns.Weights[(column * taps.Columns.Taps) + l] * x[(point * channels) + c];
                    }
                }
            }

            GoldenAssert.Close(recorded.Tensors.Floats(name), y, recorded.Tolerance, name);
        }
    }

    private static void Close(GoldenTensors tensors, string name, float[] actual, double tolerance) => GoldenAssert.Close(tensors.Floats(name), actual, tolerance, name);

    private static (float[] Image, float[]? Text) Attend(GoldenTensors tensors, int block, double? factor)
    {
        using WeightStore weights = WeightStore.Open(Golden.Find("acceleration/weights/sd3"));
        long[] image = tensors.Shape("image"), text = tensors.Shape("text");
        int side = (int)Math.Sqrt(image[1]);
        (Value Image, Value? Text) Build(EvaluationPlan plan)
        {
            Graph graph = new();
            ModelBuilder m = new ModelBuilder(graph, weights, plan)["transformer_blocks"][block]["attn"];
            return new JointAttention(4, NormsQueriesAndKeys: false, IsLast: block == 3).Build(
                m, graph.Input("image", new Shape((int)image[0], side, side, (int)image[2]), Stage.Evaluation), graph.Input("text", new Shape((int)text[0], 1, (int)text[1], (int)text[2]), Stage.Request));
        }

        AccelerationPolicy policy = factor is { } f ? new AccelerationPolicy(new ToDo { Factors = [f], Method = GridMethod.Bilinear, Compat = true }) : AccelerationPolicy.Exact;
        AccelerationPlan plan = AccelerationPlan.Make(policy, SiteSurvey.Of(p => [Build(p).Image]), [new Moment(0, 0, 1)], guided: true);
        (Value ofImage, Value? ofText) = Build(new EvaluationPlan(plan[0]));
        using Device device = TestDevices.Create(TestDevices.Cpu);
        Executable executable = Executable.Compile([new Variant(ofText is { } t ? [ofImage, t] : [ofImage])], device);
        using Residency residency = new(device);
        executable.Load(residency, new StoredWeights(weights));
        using Lane lane = new(device);
        using Run run = Run.Begin(executable, lane);
        run.Set<float>("image", tensors.Floats("image"));
        run.Set<float>("text", tensors.Floats("text"));
        foreach (string name in plan.Numbers.Names.Where(run.Takes))
        {
            run.Set(name, plan.Numbers.Rows(name));
        }

        run.Evaluate();
        return (run.Read(), ofText is null ? null : run.Read(1));
    }

    private static void Compare(AccelerationCase recorded, string deviceName)
    {
        JsonElement p = recorded.Params;
        GoldenTensors tensors = recorded.Tensors;
        long[] shape = tensors.Shape("noise");
        Shape latents = new((int)shape[0], (int)shape[2], (int)shape[3], (int)shape[1]);
        int steps = p.GetProperty("steps").GetInt32();
        using AcceleratedMmdit mmdit = new(recorded.Weights, TestDevices.Create(deviceName));
        SamplingProgram program = AcceleratedMmdit.Program(steps, p.GetProperty("shift").GetDouble());
        int blocks = mmdit.Denoiser.Survey(latents.Height, latents.Width).Sites.Count(site => site.Kind == SiteKind.Block);
        int? Optional(string name) => p.GetProperty(name).ValueKind == JsonValueKind.Null ? null : p.GetProperty(name).GetInt32();
        double? factor = p.GetProperty("todo_factor").ValueKind == JsonValueKind.Null ? null : p.GetProperty("todo_factor").GetDouble();
        int[] cache = p.GetProperty("cache").ValueKind == JsonValueKind.Null ? [] : Whole(p.GetProperty("cache"));
        AccelerationPlan plan = mmdit.Plan(new AccelerationPolicy([.. Techniques(cache, Optional("gate") ?? steps, factor, Optional("todo_last_block") ?? 0, blocks, steps)]), program, latents);
        float[] Rows(string name) => [.. tensors.Floats($"negative.{name}"), .. tensors.Floats($"positive.{name}")];
        List<float[]> played = mmdit.Play(
            plan, program, latents, GridLayout.ChannelsLast(tensors.Floats("noise"), shape), Rows("context"), Rows("pooled"), 2 * (int)tensors.Shape("positive.context")[0], p.GetProperty("guidance").GetDouble());

        int[] recordedSteps = Whole(p.GetProperty("recorded_steps"));
        float[] expected = GridLayout.ChannelsLast(tensors.Floats("latents"), [recordedSteps.Length * shape[0], .. shape[1..]]);
        int size = (int)latents.Count;
        for (int i = 0; i < recordedSteps.Length; i++)
        {
            double worst = expected.AsSpan(i * size, size).ToArray().Zip(played[recordedSteps[i]], (a, b) => Math.Abs((double)a - b)).Max();
            Console.WriteLine(FormattableString.Invariant($"measured {deviceName} {recorded.Name} step {recordedSteps[i]}: {worst:E2}"));
            Assert.IsLessThanOrEqualTo(recorded.Tolerance, worst, $"step {recordedSteps[i]}");
        }
    }

    // The published settings: cache (first, stride, count, start), the step of the gate, the factor and the last block of ToDo.
    private static IEnumerable<ITechnique> Techniques(int[] cache, int gate, double? factor, int last, int blocks, int steps)
    {
        if (cache.Length > 0)
        {
            yield return new DiTCache
            {
                From = (double)cache[0] / blocks,
                To = (double)(cache[0] + cache[2]) / blocks,
                Start = Math.Min(1, (double)cache[3] / steps),
                Period = cache[1],
                Computed = cache[1] - 1,
                Compat = true,
            };
        }

        if (gate < steps)
        {
            yield return new Guidance { End = (double)gate / steps };
        }

        if (factor is { } f)
        {
            yield return new ToDo { Factors = [f], Method = GridMethod.Bilinear, Layers = Math.Min(1, (last + 1.0) / blocks), Compat = true };
        }
    }

    private static int[] Whole(JsonElement list) => [.. list.EnumerateArray().Select(i => i.GetInt32())];
}
