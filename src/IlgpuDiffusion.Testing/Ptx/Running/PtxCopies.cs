namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>An item's asynchronous copies: batches, the last of which has not ended. They land in shared memory when the item waits for them.</summary>
/// <param name="item">The item.</param>
/// <param name="shared">Its group's memory.</param>
internal sealed class PtxCopies(int item, PtxShared shared)
{
    private readonly List<List<(ulong To, byte[] Data)>> _batches = [[]];

    /// <summary>Begins a copy.</summary>
    public void Begin(ulong to, byte[] data)
    {
        shared.Begin(item, to, data.Length);
        _batches[^1].Add((to, data));
    }

    /// <summary>Ends a batch.</summary>
    public void End() => _batches.Add([]);

    /// <summary>Waits for all batches that ended but some.</summary>
    public void Await(int but)
    {
        int landing = Math.Max(0, _batches.Count - 1 - but);
        foreach ((ulong to, byte[] data) in _batches.Take(landing).SelectMany(batch => batch))
        {
            shared.Land(item, to, data);
        }

        _batches.RemoveRange(0, landing);
    }
}
