using System.Runtime.InteropServices;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Tests.Pipelines;
using IlgpuDiffusion.Tests.Weights;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Families;

/// <summary>A network larger than the memory from files that have its weights in another form than they are computed with: read by every evaluation, and none of them held.</summary>
[TestClass]
public sealed class StreamedFormsPapercutTests
{
    private const long Little = 16 << 20;
    private const int SuperBlock = 256;
    private const int Part = 32;

    private static readonly GenerationRequest Request = TestModels.Small with { Steps = 1, Sampler = "euler" };

    // What a file of the network alone lacks is papercut's.
    private static readonly PipelineOptions Options = new()
    {
        Threads = 2,
        Config = TestModels.Papercut,
        Files = new Dictionary<string, string> { ["vae"] = Path.Combine(TestModels.Papercut, "vae"), ["clip-l"] = Path.Combine(TestModels.Papercut, "text_encoder") },
    };

    private readonly TemporaryFolder _folder = new();

    [TestCleanup]
    public void CleanUp() => _folder.Dispose();

    [TestMethod]
    [DataRow("F16", 1u)]
    [DataRow("Q4_0", 2u)]
    [DataRow("Q8_0", 8u)]
    [DataRow("Q4_K", 12u)]
    [DataRow("scaled f8", 0u)]
    public async Task PicturesAreThoseOfWeightsThatAreHeld(string form, uint type)
    {
        string file = type == 0 ? Scaled() : Gguf(type);
        WatchedDevice device = new(new CpuDeviceOptions { Threads = 2, MemoryLimit = Little });
        using DeviceHost host = new(device);
        await using DiffusionPipeline held = DiffusionPipeline.Open(file, Options), streamed = DiffusionPipeline.Open(file, Options with { Host = host });
        Explanation all = held.Explain(Request), part = streamed.Explain(Request);
        Assert.AreEqual(0, all.StreamedWeightBytes);
        WeightTensor[] large = [.. streamed.Model.Parts.NetworkWeights.Tensors.Where(tensor => tensor.Bytes >= 1 << 16)];
        Assert.AreEqual(large.Sum(tensor => tensor.StoredBytes), part.StreamedWeightBytes, 700_000, "as many bytes as the file has of them, and the text encoder's");

        // Twice: what is read from the file again is the same.
        foreach (int steps in (int[])[1, 2])
        {
            CollectionAssert.AreEqual((await held.Pixels(Request with { Steps = steps }))[0], (await streamed.Pixels(Request with { Steps = steps }))[0], form);
        }

        Assert.IsTrue(large.All(tensor => tensor.Version == 0), "none was made to stay");
        ResolvedRequest chosen = streamed.Generator.Choose(streamed.Resolve(Request));
        long need = MemoryNeed.Of(chosen, chosen.Uses(streamed.Model), streamed.Model).Total;
        Assert.IsLessThanOrEqualTo(need, device.Most);
        Assert.IsGreaterThan(need * 9 / 10, device.Most);
        Assert.IsLessThan(all.PeakBytes / 2, part.PeakBytes);
    }

    [TestMethod]
    public async Task ADamagedWeightIsNamedWhenItIsFirstRead()
    {
        string file = Gguf(8, poisoned: "up_blocks.0.resnets.0.conv1.weight");
        await using DiffusionPipeline streamed = DiffusionPipeline.Open(file, Options with { MemoryLimit = Little });
        ModelFileException e = await Assert.ThrowsExactlyAsync<ModelFileException>(() => streamed.GenerateAsync(Request));
        StringAssert.Contains(e.Message, "tensor 'up_blocks.0.resnets.0.conv1.weight' holds an infinite value at [0, 0, 0, 0]: the weights are damaged");
    }

    private static IEnumerable<(string Name, long[] Shape, float[] Values)> Network()
    {
        GoldenTensors unet = GoldenTensors.Load(Path.Combine(TestModels.Papercut, "unet", "diffusion_pytorch_model.safetensors"));
        return unet.Names.Select(name => (name, unet.Shape(name).ToArray(), unet.Floats(name)));
    }

    private static byte[] Bytes<T>(IEnumerable<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.ToArray().AsSpan()).ToArray();

    private string Gguf(uint type, string? poisoned = null)
    {
        GgufWriter gguf = new GgufWriter().Text("general.architecture", "sd1");
        foreach ((string name, long[] shape, float[] values) in Network())
        {
            // Converters leave norms and biases as they are.
            if (shape.Length < 2 || values.Length % SuperBlock != 0)
            {
                gguf.Add(name, 0, shape, Bytes(values));
                continue;
            }

            byte[] data = type switch
            {
                1 => Bytes(values.Select(value => (Half)value)),
                2 => [.. values.Chunk(Part).SelectMany(Q4Zero)],
                8 => [.. values.Chunk(Part).SelectMany(Q8Zero)],
                _ => [.. values.Chunk(SuperBlock).SelectMany(Q4K)],
            };
            if (name == poisoned)
            {
                BitConverter.GetBytes(Half.PositiveInfinity).CopyTo(data, 0);
                data[2] = 1;
            }

            gguf.Ints($"comfy.gguf.orig_shape.{name}", shape).Add(name, type, [values.Length / SuperBlock, SuperBlock], data);
        }

        return gguf.Save(_folder[$"{type}.gguf"]);
    }

    // ComfyUI's "scaled fp8": E4M3 up to its largest number, and what that stands for.
    private string Scaled()
    {
        const float Most = 448;
        SafetensorsWriter file = new();
        foreach ((string name, long[] shape, float[] values) in Network())
        {
            if (shape.Length < 2 || !name.EndsWith(".weight", StringComparison.Ordinal))
            {
                file.Add(name, ElementType.F32, shape, Bytes(values));
                continue;
            }

            float scale = values.Max(Math.Abs) / Most;
            byte[] data = new byte[values.Length];
            TensorConvert.FromSingle(ElementType.F8E4M3, [.. values.Select(value => value / scale)], data);
            file.Add(name, ElementType.F8E4M3, shape, data);
            file.Add(name.Replace(".weight", ".scale_weight", StringComparison.Ordinal), ElementType.F32, [], Bytes([scale]));
        }

        file.Save(_folder["scaled.safetensors"]);
        return _folder["scaled.safetensors"];
    }

    private static byte[] Q8Zero(float[] block)
    {
        Half d = (Half)(block.Max(Math.Abs) / 127);
        return [.. BitConverter.GetBytes(d), .. block.Select(value => (byte)(sbyte)Whole(value, (float)d, -127, 127))];
    }

    private static byte[] Q4Zero(float[] block)
    {
        Half d = (Half)(block.Max(Math.Abs) / 7);
        int[] q = [.. block.Select(value => Whole(value, (float)d, -8, 7) + 8)];
        return [.. BitConverter.GetBytes(d), .. Enumerable.Range(0, 16).Select(i => (byte)(q[i] | (q[i + 16] << 4)))];
    }

    // d · s · q − m · l, with s and l of 6 bits for each part.
    private static byte[] Q4K(float[] block)
    {
        float[][] parts = [.. block.Chunk(Part)];
        float[] least = [.. parts.Select(part => Math.Max(0, -part.Min()))], step = [.. parts.Zip(least).Select(part => (part.First.Max() + part.Second) / 15)];
        (Half d, Half m) = ((Half)(step.Max() / 63), (Half)(least.Max() / 63));
        byte[] data = [.. BitConverter.GetBytes(d), .. BitConverter.GetBytes(m), .. new byte[140]];
        for (int j = 0; j < parts.Length; j++)
        {
            (int s, int l) = (Whole(step[j], (float)d, 0, 63), Whole(least[j], (float)m, 0, 63));
            if (j < 4)
            {
                data[4 + j] |= (byte)s;
                data[8 + j] |= (byte)l;
            }
            else
            {
                data[8 + j] |= (byte)((s & 15) | ((l & 15) << 4));
                data[j] |= (byte)(s >> 4 << 6);
                data[4 + j] |= (byte)(l >> 4 << 6);
            }

            for (int i = 0; i < Part; i++)
            {
                data[16 + (j / 2 * Part) + i] |= (byte)(Whole(parts[j][i] + ((float)m * l), (float)d * s, 0, 15) << (j % 2 * 4));
            }
        }

        return data;
    }

    private static int Whole(float value, float unit, int least, int most) => unit == 0 ? 0 : Math.Clamp((int)Math.Round(value / unit), least, most);
}
