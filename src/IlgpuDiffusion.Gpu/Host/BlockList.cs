namespace IlgpuDiffusion.Gpu;

/// <summary>The blocks of memory that recorded launches read and write.</summary>
internal sealed class BlockList
{
    private readonly Dictionary<int, object> _blocks = [];
    private long _frees = -1;

    /// <summary>Adds a block.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="block">What has the number now; another block may get it later.</param>
    public void Add(int number, object block) => _blocks[number] = block;

    /// <summary>Removes all.</summary>
    public void Clear()
    {
        _blocks.Clear();
        _frees = -1;
    }

    /// <summary>Whether none was freed.</summary>
    public bool AreThere(GpuHost host)
    {
        long frees = host.Frees;
        if (_frees == frees)
        {
            return true;
        }

        foreach ((int number, object block) in _blocks)
        {
            if (!host.Holds(number, block))
            {
                return false;
            }
        }

        _frees = frees;
        return true;
    }
}
