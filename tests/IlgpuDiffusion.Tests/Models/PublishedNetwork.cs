using System.IO.Compression;
using System.Text.Json;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>Published models' networks at their full size: names and shapes of tensors without their numbers.</summary>
internal static class PublishedNetwork
{
    public static (ComponentConfig Config, WeightStore Weights) Read(string name)
    {
        using GZipStream stream = new(File.OpenRead(Golden.Find($"keys/{name}.json.gz")), CompressionMode.Decompress);
        using JsonDocument json = JsonDocument.Parse(stream);
        (string, long[])[] shapes = [.. json.RootElement.GetProperty("tensors").EnumerateObject().Select(t => (t.Name, t.Value.EnumerateArray().Select(s => s.GetInt64()).ToArray()))];
        Assert.IsNotEmpty(shapes);
        return (ComponentConfig.Parse(json.RootElement.GetProperty("config").GetRawText(), name), WeightStore.ShapesOnly(shapes, ElementType.F16));
    }

    /// <summary>Builds a network for one picture and a text of one token.</summary>
    public static Value Build(this IDenoiserNetwork network, ModelBuilder m, Grid latents) => network.Build(
        m,
        m.Graph.Input("latents", new Shape(1, latents.Height, latents.Width, network.InChannels), Stage.Evaluation),
        m.Graph.Input("time", Shape.Scalar, Stage.Schedule),
        network.Inputs.ToDictionary(input => input.Name, input => m.Graph.Input(input.Name, Shape.Vector(input.Channels), input.Stage)));
}
