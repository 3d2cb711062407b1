namespace IlgpuDiffusion.Gpu;

/// <summary>Which parts of a block of memory are free: the first that is large enough is taken, neighbours that are both free become one.</summary>
/// <param name="bytes">The block's size.</param>
internal sealed class FreeList(long bytes)
{
    private readonly List<(long Offset, long Bytes)> _free = [(0, bytes)];
    private readonly Dictionary<long, long> _taken = [];

    /// <summary>Bytes that are free, in parts.</summary>
    public long Free { get; private set; } = bytes;

    /// <summary>Whether nothing is taken.</summary>
    public bool IsEmpty => _taken.Count == 0;

    /// <summary>Takes a part; its offset, or −1 if none is large enough.</summary>
    public long Take(long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        int i = _free.FindIndex(part => part.Bytes >= size);
        if (i < 0)
        {
            return -1;
        }

        (long offset, long own) = _free[i];
        if (own == size)
        {
            _free.RemoveAt(i);
        }
        else
        {
            _free[i] = (offset + size, own - size);
        }

        _taken[offset] = size;
        Free -= size;
        return offset;
    }

    /// <summary>Gives a part back.</summary>
    /// <exception cref="ArgumentException">None that is taken begins there.</exception>
    public void Return(long offset)
    {
        if (!_taken.Remove(offset, out long size))
        {
            throw new ArgumentException($"Nothing that is taken begins at {offset}.", nameof(offset));
        }

        Free += size;
        int i = _free.FindIndex(part => part.Offset > offset);
        i = i < 0 ? _free.Count : i;
        if (i < _free.Count && _free[i].Offset == offset + size)
        {
            size += _free[i].Bytes;
            _free.RemoveAt(i);
        }

        if (i > 0 && _free[i - 1] is var (before, length) && before + length == offset)
        {
            _free[i - 1] = (before, length + size);
        }
        else
        {
            _free.Insert(i, (offset, size));
        }
    }
}
