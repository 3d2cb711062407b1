namespace IlgpuDiffusion.Graphs.Devices.Comparing;

/// <summary>Weights as both devices see them, under one address, until the last who asked for them lets go.</summary>
internal sealed class WeightPairs(ComparingDevice device, AddressPairs pairs)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<WeightView, (nint Address, int Users)> _known = [];

    /// <summary>The address of a weight; every call needs a <see cref="Release"/>.</summary>
    public nint Acquire(in WeightView view)
    {
        lock (_lock)
        {
            if (!_known.TryGetValue(view, out (nint Address, int Users) entry))
            {
                nint first = device.First.WeightAddress(view);
                try
                {
                    entry = (pairs.Add(new AddressPair(first, device.Second.WeightAddress(view))), 0);
                }
                catch
                {
                    device.First.ReleaseWeight(view);
                    throw;
                }
            }

            _known[view] = entry with { Users = entry.Users + 1 };
            return entry.Address;
        }
    }

    /// <summary>Lets a weight go.</summary>
    public void Release(in WeightView view)
    {
        lock (_lock)
        {
            if (!_known.TryGetValue(view, out (nint Address, int Users) entry))
            {
                return;
            }

            if (entry.Users > 1)
            {
                _known[view] = entry with { Users = entry.Users - 1 };
                return;
            }

            _known.Remove(view);
            pairs.Remove(entry.Address);
            device.First.ReleaseWeight(view);
            device.Second.ReleaseWeight(view);
        }
    }
}
