namespace IlgpuDiffusion.Graphs.Execution;

// What leaves so that other values have room.
internal sealed partial class Residency
{
    /// <summary>Lets what no run uses go, the least recently used first, until at most so many bytes of the device's memory are held.</summary>
    public void Trim(long bytes)
    {
        lock (_lock)
        {
            while (Held > bytes && Evict(value => value.Weight is null || device.CopiesWeights))
            {
            }
        }
    }

    private void MakeRoom(long bytes, long beside)
    {
        while (HoldsOne && bytes > 0 && Evict(_ => true))
        {
        }

        if (budget is not { } most)
        {
            return;
        }

        while (Resident + bytes > most)
        {
            if (!Evict(_ => true))
            {
                throw new DeviceMemoryException($"{device.Name} needs {Mebibytes(bytes + beside)} of weights at one time, and the budget for weights is {Mebibytes(most)}. Give it a larger budget, or use a smaller model.");
            }
        }
    }

    // Lets the least recently used value go that nothing uses, with those beside it in one block, whose memory is freed with the last of them; false if there is none.
    private bool Evict(Func<ResidentValue, bool> counts)
    {
        ResidentValue? last = _known.Values.Where(value => value.Users == 0 && counts(value)).MinBy(value => value.LastUse);
        if (last is null)
        {
            return false;
        }

        ResidentValue[] beside = last.Block is null ? [last] : [.. _known.Values.Where(value => value.Block == last.Block && value.Users == 0)];
        foreach (ResidentValue value in beside)
        {
            Free(value, andPages: true);
        }

        return true;
    }

    private void Free(ResidentValue value, bool andPages)
    {
        _known.Remove(value.Key);
        value.IsResident = false;
        if (value.Weight is { } weight)
        {
            device.ReleaseWeight(weight.View);
            if (andPages && !device.CopiesWeights)
            {
                value.Source.Release(weight.Name);
            }
        }

        value.Block?.Leave();
    }

    private DeviceMemory Allocate(long bytes) => WithRoom(() => device.Allocate(bytes, "weights"));

    private nint AddressOf(WeightView view) => WithRoom(() => device.WeightAddress(view));

    // Where the device has no room, what nothing uses makes some.
    private T WithRoom<T>(Func<T> take)
    {
        while (true)
        {
            try
            {
                return take();
            }
            catch (DeviceMemoryException) when (Evict(value => value.Weight is null || device.CopiesWeights))
            {
            }
        }
    }

    private static string Mebibytes(long bytes) => FormattableString.Invariant($"{Math.Ceiling(bytes / 1048576.0):0} MiB");
}
