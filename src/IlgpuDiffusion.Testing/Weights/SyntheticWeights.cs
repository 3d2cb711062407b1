using System.Runtime.InteropServices;
using System.Text;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Testing;

/// <summary>Random weights in native memory. A tensor's values depend on its name, shape and the seed alone.</summary>
internal sealed unsafe class SyntheticWeights : IDisposable
{
    private const int Alignment = 64;
    private const int Chunk = 4096;

    private readonly List<nint> _blocks = [];

    public List<WeightTensor> Tensors { get; } = [];

    public static SyntheticWeights Create(IEnumerable<(string Name, long[] Shape)> shapes, ElementType type, ulong seed, string source)
    {
        if (!type.IsFloat())
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "Random weights have a float type.");
        }

        var weights = new SyntheticWeights();
        try
        {
            foreach (var (name, shape) in shapes)
            {
                var bytes = new WeightTensor(name, type, shape, null, source).Bytes;
                var block = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(bytes, 1), Alignment);
                weights._blocks.Add((nint)block);
                weights.Tensors.Add(new WeightTensor(name, type, shape, block, source));
            }

            Parallel.ForEach(weights.Tensors, tensor => Fill(tensor, seed));
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var block in _blocks)
        {
            NativeMemory.AlignedFree((void*)block);
        }

        _blocks.Clear();
    }

    private static void Fill(WeightTensor tensor, ulong seed)
    {
        var (center, spread) = Distribution(tensor);
        var state = Mix(seed) ^ Hash(tensor.Name);
        var values = stackalloc float[Chunk];
        for (long start = 0; start < tensor.Count; start += Chunk)
        {
            var count = (int)Math.Min(Chunk, tensor.Count - start);
            for (var i = 0; i < count; i++)
            {
                // 24 bits of the generator, centred on 0, uniform in ±1.
                state += 0x9E3779B97F4A7C15;
                values[i] = center + (spread * ((((int)(Mix(state) >> 40) * 2) - 0xFFFFFF) * (1f / 0x1000000)));
            }

            TensorConvert.FromSingle(tensor.Type, values, tensor.Data + (start * tensor.Type.Size()), count);
        }
    }

    private static (float Center, float Spread) Distribution(WeightTensor tensor)
    {
        if (tensor.Shape.Length < 2)
        {
            return tensor.Name.EndsWith("bias", StringComparison.Ordinal) ? (0, 0.02f) : (1, 0.05f);
        }

        // Uniform in ±√(3/n) has the variance 1/n.
        var fanIn = Math.Max(tensor.Count / Math.Max(tensor.Shape[0], 1), 1);
        return (0, MathF.Sqrt(3f / fanIn));
    }

    private static ulong Hash(string name)
    {
        // FNV-1a; string.GetHashCode differs from run to run.
        var hash = 0xCBF29CE484222325;
        foreach (var b in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ b) * 0x100000001B3;
        }

        return hash;
    }

    /// <summary>The output function of SplitMix64 (Steele, Lea, Flood 2014).</summary>
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
