using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Weights;

/// <summary>Writes the elements [start, start + count) of a tensor that is made; several threads may call it for several ranges.</summary>
internal unsafe delegate void TensorFill(long start, long count, byte* destination);

/// <summary>Tensors in another form than their file's, made in native memory when they are first read, and again after they were released.</summary>
internal sealed unsafe class MadeTensors : IDisposable
{
    // Elements that one thread makes at a time; a multiple of the blocks of any format.
    private const long Slice = 1 << 18;

    private readonly Lock _lock = new();
    private readonly HashSet<nint> _blocks = [];

    /// <summary>A tensor of which any range of elements can be written.</summary>
    public WeightTensor Make(string name, ElementType type, ReadOnlySpan<long> shape, string file, TensorFill fill) => new(this, fill, 0, name, type, shape, file);

    /// <summary>A matrix [n, k] as [k, n].</summary>
    public WeightTensor Transposed(string name, WeightTensor matrix)
    {
        (long rows, long columns, int size) = (matrix.Shape[0], matrix.Count / Math.Max(matrix.Shape[0], 1), matrix.Type.Size());
        return Make(name, matrix.Type, [columns, rows], matrix.File, (start, count, to) =>
        {
            byte* from = matrix.Data;
            for (long i = 0; i < count; i++)
            {
                (long column, long row) = Math.DivRem(start + i, rows);
                Buffer.MemoryCopy(from + (((row * columns) + column) * size), to + (i * size), size, size);
            }
        });
    }

    /// <summary>A tensor [2n, …] whose rows from n on come first.</summary>
    public WeightTensor SwappedHalves(string name, WeightTensor tensor)
    {
        (long half, int size) = (tensor.Count / 2, tensor.Type.Size());
        return Make(name, tensor.Type, tensor.Shape, tensor.File, (start, count, to) =>
        {
            long first = Math.Clamp(half - start, 0, count);
            tensor.CopyTo(start + half, first, to);
            tensor.CopyTo(start + first - half, count - first, to + (first * size));
        });
    }

    /// <summary>The matrix [n, n] that changes nothing.</summary>
    public WeightTensor Identity(string name, int size, string file) => Make(name, ElementType.F32, [size, size], file, (start, count, to) =>
    {
        for (long i = 0; i < count; i++)
        {
            ((float*)to)[i] = (start + i) % (size + 1L) == 0 ? 1 : 0;
        }
    });

    /// <summary>Has the elements [start, start + count) made in slices, by several threads where they are many.</summary>
    /// <param name="fill">Makes a range of elements.</param>
    /// <param name="start">The first.</param>
    /// <param name="count">How many.</param>
    /// <param name="size">Bytes of an element.</param>
    /// <param name="destination">Where the first is written.</param>
    /// <param name="threads">The threads, at most.</param>
    public static void Fill(TensorFill fill, long start, long count, int size, byte* destination, int threads)
    {
        long end = start + count, begin = start / Slice, slices = count == 0 ? 0 : ((end - 1) / Slice) - begin + 1;
        if (slices <= 1 || threads == 1)
        {
            fill(start, count, destination);
            return;
        }

        Parallel.For(0L, slices, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
        {
            long first = Math.Max(start, (begin + i) * Slice), last = Math.Min(end, (begin + i + 1) * Slice);
            fill(first, last - first, destination + ((first - start) * size));
        });
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (nint block in _blocks)
            {
                NativeMemory.Free((void*)block);
            }

            _blocks.Clear();
        }
    }

    internal byte* Allocate(long bytes)
    {
        byte* block = (byte*)NativeMemory.Alloc((nuint)Math.Max(bytes, 1));
        lock (_lock)
        {
            _blocks.Add((nint)block);
        }

        return block;
    }

    internal void Free(byte* block)
    {
        lock (_lock)
        {
            if (_blocks.Remove((nint)block))
            {
                NativeMemory.Free(block);
            }
        }
    }
}
