namespace IlgpuDiffusion.Graphs.Devices.Comparing;

/// <summary>A block of memory on each device under one address.</summary>
internal sealed class PairMemory(AddressPairs pairs, DeviceMemory first, DeviceMemory second) : DeviceMemory
{
    /// <inheritdoc/>
    public override nint Address { get; } = pairs.Add(new AddressPair(first.Address, second.Address));

    /// <inheritdoc/>
    public override long Bytes => first.Bytes;

    /// <inheritdoc/>
    public override void Dispose()
    {
        pairs.Remove(Address);
        first.Dispose();
        second.Dispose();
    }
}
