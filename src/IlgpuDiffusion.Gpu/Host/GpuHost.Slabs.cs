namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuHost
{
    // CUDA's driver gives memory in steps of 2 MiB and takes its time for each; so what is smaller than a few of them shares a block.
    private const long Slab = 128L << 20, LargestPiece = 16L << 20, PieceGranule = 256;

    private readonly Dictionary<int, FreeList> _slabs = [];

    /// <summary>Whether small memory is given in pieces of larger blocks.</summary>
    public bool UsesSlabs { get; set; }

    // Bytes of blocks that are held and not given away.
    private long Spare
    {
        get
        {
            lock (_lock)
            {
                return _slabs.Values.Sum(slab => slab.Free);
            }
        }
    }

    // A piece of a block; null if there must be one of its own.
    private nint? Piece(long bytes, string purpose)
    {
        long size = (bytes + PieceGranule - 1) / PieceGranule * PieceGranule;
        if (!UsesSlabs || size > LargestPiece)
        {
            return null;
        }

        lock (_lock)
        {
            foreach ((int block, FreeList free) in _slabs)
            {
                if (free.Take(size) is >= 0 and long offset)
                {
                    return Address(block, offset);
                }
            }
        }

        int made;
        try
        {
            made = NewBlock(Slab, purpose);
        }
        catch (Graphs.DeviceMemoryException)
        {
            // What is asked for itself may still find room.
            return null;
        }

        lock (_lock)
        {
            FreeList free = _slabs[made] = new FreeList(Slab);
            return Address(made, free.Take(size));
        }
    }

    // Whether an address was a piece's, given back now. Everything runs in the order in which it was queued, so nobody waits; the last of a block gives back the block.
    private bool ReturnsPiece(nint address)
    {
        lock (_lock)
        {
            int block = (int)(address >> OffsetBits);
            if (!_slabs.TryGetValue(block, out FreeList? free))
            {
                return false;
            }

            free.Return(address & Offset);
            _frees++;
            if (!free.IsEmpty)
            {
                return true;
            }

            _slabs.Remove(block);
            return false;
        }
    }

    private static nint Address(int block, long offset) => (nint)(((long)block << OffsetBits) + offset);
}
