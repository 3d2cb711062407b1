using System.Text.Json;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Ops;

[TestClass]
public sealed class AttentionGoldenTests
{
    [TestMethod]
    public void RecordedAttentionAgrees()
    {
        using JsonDocument index = JsonDocument.Parse(File.ReadAllText(Golden.Find("acceleration/index.json")));
        int cases = 0;
        foreach (JsonElement recorded in index.RootElement.GetProperty("cases").EnumerateArray())
        {
            if (recorded.GetProperty("method").GetString() == "attention" && recorded.GetProperty("params").TryGetProperty("head_dim", out _))
            {
                Check(recorded);
                cases++;
            }
        }

        Assert.IsGreaterThan(0, cases);
    }

    private static void Check(JsonElement recorded)
    {
        string name = recorded.GetProperty("name").GetString()!;
        JsonElement settings = recorded.GetProperty("params");
        GoldenTensors file = GoldenTensors.Find($"acceleration/{recorded.GetProperty("file").GetString()}");
        int heads = settings.GetProperty("heads").GetInt32(), width = settings.GetProperty("head_dim").GetInt32();
        JsonElement scale = settings.GetProperty("scale");
        bool bias = file.Has("bias");
        Attention op = new(
            heads,
            scale.ValueKind == JsonValueKind.Number ? scale.GetDouble() : 1 / Math.Sqrt(width),
            settings.GetProperty("causal").GetBoolean(),
            false,
            new(new SegmentForm(Bias: bias)));
        List<Operand> inputs = [Tokens(file, "q"), Tokens(file, "k"), Tokens(file, "v")];
        if (bias)
        {
            int[] shape = [.. file.Shape("bias").Select(size => (int)size)];
            inputs.Add(new Operand(new Shape(shape[0], shape[1], shape[2], shape[3]), file.Floats("bias")));
        }

        float[] result = OpRunner.Run(op, [.. inputs]), expected = Tokens(file, "out").Floats.ToArray();
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs((double)result[i] - expected[i]));
        }

        double tolerance = recorded.GetProperty("tolerance").GetDouble();
        Console.WriteLine($"measured attention {name}: {worst:E2} of {tolerance:E0}");
        Assert.IsLessThanOrEqualTo(tolerance, worst, name);
    }

    /// <summary>[batch, heads, tokens, width] as [batch, 1, tokens, heads · width].</summary>
    private static Operand Tokens(GoldenTensors file, string name)
    {
        int[] shape = [.. file.Shape(name).Select(size => (int)size)];
        (int heads, int tokens, int width) = (shape[1], shape[2], shape[3]);
        float[] from = file.Floats(name), to = new float[from.Length];
        for (int i = 0; i < from.Length; i++)
        {
            (int row, int c) = Math.DivRem(i, width);
            (int head, int token) = Math.DivRem(row, tokens);
            (int b, head) = Math.DivRem(head, heads);
            to[(((((b * tokens) + token) * heads) + head) * width) + c] = from[i];
        }

        return new Operand(new Shape(shape[0], 1, tokens, heads * width), to);
    }
}
