using System.CommandLine;
using System.Diagnostics;
using System.Text.Json.Nodes;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>A picture decoded within a given memory.</summary>
internal static class DecodeVerb
{
    public static Command Create()
    {
        Option<int> size = new("--size") { Description = "Width and height in pixels.", DefaultValueFactory = _ => 1024 };
        Option<int> memory = new("--memory") { Description = "MiB beside the weights.", DefaultValueFactory = _ => 384 };
        Option<int> narrow = new("--narrow") { Description = "Divides all channels, and with them the memory, by this.", DefaultValueFactory = _ => 1 };
        Option<int> tile = new("--tile") { Description = "Pixels of the side of a tile of its attention; 0 leaves it whole." };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<bool> plan = new("--plan") { Description = "Plans only." };
        Command command = new("decode", "SD 1.5's decoder within a memory: the plan, its time, the process's peak.") { size, memory, narrow, tile, threads, plan };
        command.SetAction(parsed => Run(parsed.GetValue(size), parsed.GetValue(memory), parsed.GetValue(narrow), parsed.GetValue(tile), parsed.GetValue(threads), parsed.GetValue(plan)));
        return command;
    }

    private static void Run(int size, int memory, int narrow, int tile, int threads, bool planOnly)
    {
        ModelKeys keys = ModelKeys.Read("sd15", "vae");
        JsonObject config = JsonNode.Parse(keys.ConfigJson)!.AsObject();
        config["block_out_channels"] = new JsonArray([.. config["block_out_channels"]!.AsArray().Select(channels => JsonValue.Create((int)channels! / narrow))]);
        keys = new ModelKeys(config.ToJsonString(), [.. keys.Shapes.Select(tensor => (tensor.Name, tensor.Shape.Select(side => side >= 64 ? side / narrow : side).ToArray()))]);
        using WeightStore weights = WeightStore.Synthetic(keys.Shapes, ElementType.F16);
        AutoencoderKl model = AutoencoderKl.Read(keys.Config);
        using CpuDevice device = new(new CpuDeviceOptions { Threads = threads });
        using Lane lane = new(device);
        using Residency residency = new(device);
        ComponentRunner runner = new(device, lane, residency, []);
        Grid latents = new(size / 8, size / 8);
        Stopwatch watch = Stopwatch.StartNew();
        DecodePlan plan = DecodePlan.Make(new DecoderSurvey(model, weights), model, weights, runner, latents, (long)memory << 20, new DecoderTiles(latents, new DecoderTiling(tile / 8, Compat: false)));
        Report report = new($"decode-{size}{(narrow == 1 ? "" : $"-narrow-{narrow}")}", $"Decoding {size}² in parts", Machine.Read());
        report.Say($"SD 1.5's decoder{(narrow == 1 ? "" : $" with {narrow} times fewer channels")}, random F16 weights, {threads} threads, {memory} MiB beside the weights. The plan took {watch.Elapsed.TotalSeconds:F2} s: its first stages at once, then {plan.Parts.Count} parts in {string.Join(", ", plan.Parts.Select(part => part.Tiles.Count()))} tiles; behind the first stages {plan.Work:F2} times the operations of decoding at once. It takes {Report.MiB(plan.Bytes)}.");
        report.Number("size", size).Number("narrow", narrow).Number("budget", (long)memory << 20).Number("planned", plan.Bytes).Number("work", plan.Work);
        if (!planOnly)
        {
            long before = ProcessMemory.Own;
            Random random = new(1);
            float[] input = [.. Enumerable.Range(0, latents.Height * latents.Width * model.Config.LatentChannels).Select(_ => random.NextSingle() - 0.5f)];
            watch.Restart();
            float[] picture = lane.Enqueue(() => new TiledDecoder(runner, new StoredWeights(weights)).Decode(plan, input, CancellationToken.None)).GetAwaiter().GetResult();
            double seconds = watch.Elapsed.TotalSeconds;
            report.Say($"Decoded in {seconds:F1} s, {(picture.All(float.IsFinite) ? "all values finite" : "**values are not finite**")}. The process held {Report.MiB(ProcessMemory.Peak)} at most, of it {Report.MiB(before)} before (the runtime and the unpacked random weights), {Report.MiB(residency.Held)} of packed weights and {Report.MiB(picture.Length * 4L)} of the picture on the host.");
            report.Number("seconds", seconds).Number("peak", ProcessMemory.Peak).Number("before", before);
        }

        report.Save();
    }
}
