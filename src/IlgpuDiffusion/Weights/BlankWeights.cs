using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Weights;

/// <summary>Tensors of zeros in native memory.</summary>
/// <param name="type">The type of their elements.</param>
internal sealed unsafe class BlankWeights(ElementType type) : IDisposable
{
    private readonly List<nint> _blocks = [];

    /// <summary>A new tensor, row-major.</summary>
    public WeightTensor Make(string name, ReadOnlySpan<long> shape, string source)
    {
        long bytes = new WeightTensor(name, type, shape, null, source).Bytes;
        byte* block = (byte*)NativeMemory.AllocZeroed((nuint)Math.Max(bytes, 1));
        _blocks.Add((nint)block);
        return new WeightTensor(name, type, shape, block, source);
    }

    public void Dispose()
    {
        foreach (nint block in _blocks)
        {
            NativeMemory.Free((void*)block);
        }

        _blocks.Clear();
    }
}
