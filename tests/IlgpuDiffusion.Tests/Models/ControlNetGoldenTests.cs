using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>A ControlNet alone and in its UNet against diffusers.</summary>
[TestClass]
public sealed class ControlNetGoldenTests
{
    private const double Bound = 5e-5;
    private const string Name = "controlnet";

    // The recording's names of the networks' inputs.
    private static readonly Dictionary<string, string> Recorded = new() { [NetworkInputs.Context] = "context", [NetworkInputs.Pooled] = "text_embeds", [NetworkInputs.TimeIds] = "time_ids" };

    [TestMethod]
    [DataRow("sd15", TestDevices.Oracle)]
    [DataRow("sd15", TestDevices.Cpu)]
    [DataRow("sd15", TestDevices.Winograd4)]
    [DataRow("sd15", TestDevices.IlgpuCpu)]
    [DataRow("sdxl", TestDevices.Oracle)]
    [DataRow("sdxl", TestDevices.Cpu)]
    public void WhatItAddsAndTheUNetWithItAreTheReferences(string model, string deviceName)
    {
        GoldenTensors golden = GoldenTensors.Find($"models/{model}-controlnet.golden.safetensors");
        string folder = Golden.Find($"models/{model}-controlnet"), unetFolder = Golden.Find($"models/{model}/unet");
        using WeightStore weights = WeightStore.Open(folder), unetWeights = WeightStore.Open(unetFolder);
        ControlNetModel control = ControlNetModel.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
        UNet2DConditionModel unet = UNet2DConditionModel.Read(ComponentConfig.Read(Path.Combine(unetFolder, "config.json")));
        control.Check(weights);

        long[] shape = golden.Shape("latent"), image = golden.Shape("image");
        Graph graph = new();
        ModelBuilder m = new(graph, unetWeights);
        Value latents = graph.Input("latents", new Shape(1, (int)shape[2], (int)shape[3], (int)shape[1]), Stage.Evaluation);
        Value time = graph.Input("time", Shape.Scalar, Stage.Request);
        Dictionary<string, Value> inputs = unet.Inputs.ToDictionary(input => input.Name, input => graph.Input(input.Name, new Shape(1, 1, input.HasTokens ? (int)golden.Shape("context")[1] : 1, input.Channels), Stage.Request));
        Value hint = graph.Input("hint", new Shape(1, (int)image[2], (int)image[3], (int)image[1]), Stage.Request);
        ControlResiduals added = control.Build(m.Beside(weights, Name), latents, time, inputs, hint).Times(graph.Input("strength", Shape.Scalar, Stage.Request));
        Value[] wanted = [.. added.Skips, added.Middle, unet.Build(m, latents, time, inputs, added)];

        StoredWeights source = new(unetWeights);
        source.Know(Name, weights);
        using Device device = TestDevices.Create(deviceName);
        float[][] results = ModelRunner.Run(
            device, source, wanted, ElementType.F32,
            [("latents", GridLayout.ChannelsLast(golden.Floats("latent"), shape)), ("time", new[] { 500f }), ("hint", GridLayout.ChannelsLast(golden.Floats("image"), image)), ("strength", new[] { 0.8f }),
            .. inputs.Keys.Select(name => (name, (Array)golden.Floats(Recorded[name])))]);
        for (int i = 0; i < wanted.Length; i++)
        {
            string name = i < added.Skips.Count ? $"down.{i}" : i == added.Skips.Count ? "mid" : "unet.out";
            GoldenAssert.Close(golden.Floats(name), GridLayout.ChannelsFirst(results[i], golden.Shape(name)), Bound, $"{model} {deviceName} {name}");
        }
    }
}
