namespace IlgpuDiffusion.Graphs.Devices.Comparing;

/// <summary>The same place on both devices.</summary>
internal readonly record struct AddressPair(nint First, nint Second)
{
    /// <summary>The place so many bytes behind.</summary>
    public AddressPair Plus(long bytes) => new(First + (nint)bytes, Second + (nint)bytes);
}

/// <summary>Addresses that stand for one on each device: the number of a block in the upper bits, the byte in it in the lower.</summary>
internal sealed class AddressPairs
{
    private const int OffsetBits = 40;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, AddressPair> _blocks = [];
    private long _next = 1;

    /// <summary>The address of a new block.</summary>
    public nint Add(AddressPair block)
    {
        lock (_lock)
        {
            _blocks[_next] = block;
            return (nint)(_next++ << OffsetBits);
        }
    }

    /// <summary>Forgets a block.</summary>
    public void Remove(nint address)
    {
        lock (_lock)
        {
            _blocks.Remove((long)address >> OffsetBits);
        }
    }

    /// <summary>Both devices' addresses; null's are null.</summary>
    public AddressPair Find(nint address)
    {
        if (address == 0)
        {
            return default;
        }

        lock (_lock)
        {
            return _blocks.TryGetValue((long)address >> OffsetBits, out AddressPair block)
                ? block.Plus((long)address & ((1L << OffsetBits) - 1))
                : throw new ObjectDisposedException(nameof(PairMemory), $"There is no memory at {address:x}.");
        }
    }
}
