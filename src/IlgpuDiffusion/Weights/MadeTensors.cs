using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Weights;

/// <summary>Tensors in another form than their file's, made in native memory when they are first read.</summary>
internal sealed unsafe class MadeTensors : IDisposable
{
    private readonly HashSet<nint> _blocks = [];

    /// <summary>A matrix [n, k] as [k, n].</summary>
    public WeightTensor Transposed(string name, WeightTensor matrix)
    {
        (long rows, long columns, int size) = (matrix.Shape[0], matrix.Count / Math.Max(matrix.Shape[0], 1), matrix.Type.Size());
        return new WeightTensor(() =>
        {
            byte* from = matrix.Data;
            byte* to = Allocate(matrix.Bytes);
            for (long row = 0; row < rows; row++)
            {
                for (long column = 0; column < columns; column++)
                {
                    Buffer.MemoryCopy(from + (((row * columns) + column) * size), to + (((column * rows) + row) * size), size, size);
                }
            }

            return (nint)to;
        }, Free, name, matrix.Type, [columns, rows], matrix.File);
    }

    public void Dispose()
    {
        foreach (nint block in _blocks)
        {
            NativeMemory.Free((void*)block);
        }

        _blocks.Clear();
    }

    private void Free(nint block)
    {
        if (_blocks.Remove(block))
        {
            NativeMemory.Free((void*)block);
        }
    }

    private byte* Allocate(long bytes)
    {
        byte* block = (byte*)NativeMemory.Alloc((nuint)Math.Max(bytes, 1));
        _blocks.Add((nint)block);
        return block;
    }
}
