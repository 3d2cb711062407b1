using System.Runtime.InteropServices;
using System.Text.Json;

namespace IlgpuDiffusion.Peers;

/// <summary>A tensor that perf/peers/export_networks.py wrote.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">torch's name of its type: float32 or int64.</param>
/// <param name="Shape">Its dimensions.</param>
internal sealed record ExportedTensor(string Name, string Type, long[] Shape)
{
    /// <summary>Its numbers, one after the other.</summary>
    public byte[] Bytes { get; set; } = [];

    public bool IsFloat => Type == "float32";

    public long ByteCount => Shape.Aggregate(1L, (a, b) => a * b) * (IsFloat ? sizeof(float) : sizeof(long));

    public float[] Floats => MemoryMarshal.Cast<byte, float>(Bytes).ToArray();

    public long[] Longs => MemoryMarshal.Cast<byte, long>(Bytes).ToArray();
}

/// <summary>A network of constant sizes with its inputs and what torch made of them.</summary>
internal sealed class ExportedNetwork
{
    // Two programs' roundings through some hundred layers.
    private const double Bound = 1e-3;

    /// <summary>Reads NAME.json and NAME.values.</summary>
    public ExportedNetwork(string path)
    {
        Path = path;
        List<ExportedTensor> tensors = JsonSerializer.Deserialize<List<ExportedTensor>>(File.ReadAllText(path + ".json"), JsonSerializerOptions.Web)!;
        using FileStream values = File.OpenRead(path + ".values");
        foreach (ExportedTensor tensor in tensors)
        {
            tensor.Bytes = new byte[tensor.ByteCount];
            values.ReadExactly(tensor.Bytes);
        }

        (Inputs, Result) = (tensors[..^1], tensors[^1]);
    }

    /// <summary>The files' name without its end.</summary>
    public string Path { get; }

    public IReadOnlyList<ExportedTensor> Inputs { get; }

    public ExportedTensor Result { get; }

    /// <summary>Refuses a result that differs from torch's by more than rounding.</summary>
    /// <returns>The largest |a − b| / (1 + |b|).</returns>
    public double Check(float[] result)
    {
        double worst = result.Zip(Result.Floats, (a, b) => Math.Abs(a - b) / (1.0 + Math.Abs(b))).Max();
        return result.Length == Result.Floats.Length && worst < Bound ? worst : throw new InvalidDataException($"The result differs from torch's by {worst:G3}.");
    }
}
