using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing;

/// <summary>Weights in native memory, for tests.</summary>
internal sealed unsafe class MemoryWeights : IWeightSource, IDisposable
{
    private readonly Dictionary<string, WeightView> _views = [];

    public string Identity { get; } = Guid.NewGuid().ToString();

    /// <summary>How often each was read.</summary>
    public Dictionary<string, int> Reads { get; } = [];

    /// <summary>Stores numbers, rounded to a type.</summary>
    public void Add(string name, ElementType type, ReadOnlySpan<float> values)
    {
        nint address = (nint)NativeMemory.AlignedAlloc((nuint)(values.Length * type.Size()), 64);
        for (int i = 0; i < values.Length; i++)
        {
            switch (type)
            {
                case ElementType.F32: ((float*)address)[i] = values[i]; break;
                case ElementType.F16: ((Half*)address)[i] = (Half)values[i]; break;
                case ElementType.BF16: ((ushort*)address)[i] = (ushort)(BitConverter.SingleToUInt32Bits(values[i]) >> 16); break;
                case ElementType.F64: ((double*)address)[i] = values[i]; break;
                default: throw new ArgumentOutOfRangeException(nameof(type));
            }
        }

        _views.Add(name, new WeightView(address, (long)values.Length * type.Size(), type));
    }

    public WeightView Read(string name)
    {
        Reads[name] = Reads.GetValueOrDefault(name) + 1;
        return _views.TryGetValue(name, out WeightView view) ? view : throw new KeyNotFoundException($"No weight '{name}'.");
    }

    public void Make(string name, nint target) => throw new NotSupportedException($"The weight '{name}' is in memory.");

    public void Check(string name)
    {
    }

    public void Release(string name)
    {
    }

    public void Dispose()
    {
        foreach (WeightView view in _views.Values)
        {
            NativeMemory.AlignedFree((void*)view.Address);
        }

        _views.Clear();
    }
}
