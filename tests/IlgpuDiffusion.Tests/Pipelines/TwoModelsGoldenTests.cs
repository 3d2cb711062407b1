using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>Two models that share a device.</summary>
[TestClass]
public sealed class TwoModelsGoldenTests
{
    private const long Mebibyte = 1 << 20;

    // What a process takes beside weights: the runtime and its garbage, compiled code, activations, the weight that is prepared.
    private const long Overhead = 150 * Mebibyte;

    [TestMethod]
    public void UnderABudgetThatHoldsOneBothPaintInTurns()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Inconclusive("The process's memory is read from /proc.");
        }

        using ModelCopy one = Large(seed: 1), two = Large(seed: 2);
        long unet = new FileInfo(one[ModelCopy.FileOf("unet")]).Length;
        Assert.IsGreaterThan(2 * Overhead, unet, "weights count, not the rest");
        long budget = unet + (16 * Mebibyte);
        (string[] free, long[] freely, long most) = Paint("none", one.Folder, two.Folder);
        (string[] turns, long[] held, long peak) = Paint(budget.ToString(CultureInfo.InvariantCulture), one.Folder, two.Folder);
        Console.WriteLine($"a model {unet / Mebibyte} MiB; without a budget {most / Mebibyte} MiB, with {budget / Mebibyte} MiB {peak / Mebibyte} MiB");

        CollectionAssert.AreEqual(free, turns, "the same pictures");
        Assert.AreEqual(2, turns.Distinct().Count(), "two models, the same in both turns");
        Assert.IsGreaterThan(2 * unet, freely[^1], "both stay where there is room");
        Assert.IsLessThanOrEqualTo(budget, held.Max());
        Assert.IsLessThan(budget + Overhead, peak, "the process's memory");
        Assert.IsGreaterThan(peak + (unet / 2), most);
    }

    [TestMethod]
    public async Task PipelinesOfOneFolderShareItsWeights()
    {
        WatchedDevice device = new();
        using DeviceHost host = new(device);
        PipelineOptions options = new() { Host = host };
        await using DiffusionPipeline first = DiffusionPipeline.Open(TestModels.Tiny, options), second = DiffusionPipeline.Open(TestModels.Tiny, options);
        byte[] picture = (await first.Pixels(TestModels.Small))[0];
        long prepared = device.LiveFor("weights");
        CollectionAssert.AreEqual(picture, (await second.Pixels(TestModels.Small))[0]);
        Assert.AreEqual(prepared, device.LiveFor("weights"), "what one has prepared the other uses");

        // What the first has prepared goes with it, and the second makes it again.
        await first.DisposeAsync();
        Assert.IsFalse(device.Disposed);
        CollectionAssert.AreEqual(picture, (await second.Pixels(TestModels.Small))[0]);
        await second.DisposeAsync();
        Assert.AreEqual(0, host.WeightBytes);
    }

    [TestMethod]
    public async Task ABudgetTooSmallForOneComponentIsRefused()
    {
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { WeightBudget = 1000 });
        DeviceMemoryException e = await Assert.ThrowsExactlyAsync<DeviceMemoryException>(() => pipeline.GenerateAsync(TestModels.Small));
        StringAssert.Contains(e.Message, "budget for weights");
    }

    // The tiny model with a UNet of some hundred MiB.
    private static ModelCopy Large(ulong seed)
    {
        ModelCopy copy = new();
        string file = copy["unet/config.json"];
        JsonNode config = JsonNode.Parse(File.ReadAllText(file))!;
        config["block_out_channels"] = new JsonArray(32, 64, 512, 768);
        File.WriteAllText(file, config.ToJsonString());
        using WeightStore shapes = WeightStore.Blank(ElementType.F16);
        UNet2DConditionModel.Read(ComponentConfig.Read(file)).Check(shapes);
        using WeightStore weights = WeightStore.Synthetic(shapes.Tensors.Select(t => (t.Name, t.Shape.ToArray())), ElementType.F16, seed);
        SafetensorsWriter writer = new();
        foreach (WeightTensor tensor in weights.Tensors)
        {
            writer.Add(tensor);
        }

        writer.Save(copy[ModelCopy.FileOf("unet")]);
        return copy;
    }

    private static (string[] Pictures, long[] Held, long Peak) Paint(string budget, string first, string second)
    {
        // BIN/PROJECT/CONFIGURATION
        string here = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        string program = Path.Combine(Path.GetFullPath(Path.Combine(here, "..", "..")), "IlgpuDiffusion.TwoModels", Path.GetFileName(here), "IlgpuDiffusion.TwoModels.dll");
        ProcessStartInfo start = new("dotnet", [program, budget, first, second]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, errors.Result);
        string[] Of(string name) => [.. lines.Where(line => line.StartsWith(name, StringComparison.Ordinal)).Select(line => line.Split(' ')[1].Trim())];
        return (Of("picture"), [.. Of("held").Select(long.Parse)], long.Parse(Of("peak").Single(), CultureInfo.InvariantCulture));
    }
}
