namespace IlgpuDiffusion.Graphs.Devices.Comparing;

/// <summary>A launch on both devices, whose results are then compared.</summary>
internal sealed class ComparingLaunch(ComparingDevice device, Op op, (Place Place, TensorType Type)[] results, Launch first, Launch second) : Launch(first.Path)
{
    private int _runs;

    public override void Run(in Bases bases, CancellationToken cancellation)
    {
        (AddressPair weight, AddressPair request, AddressPair row, AddressPair slot, AddressPair arena) =
            (device.Find(bases.Weight), device.Find(bases.Request), device.Find(bases.Row), device.Find(bases.Slot), device.Find(bases.Arena));
        first.Run(new Bases(weight.First, request.First, row.First, slot.First, arena.First), cancellation);
        second.Run(new Bases(weight.Second, request.Second, row.Second, slot.Second, arena.Second), cancellation);
        _runs++;
        for (int i = 0; i < results.Length; i++)
        {
            device.Compare(op.Name, Path, _runs, i, results[i].Type, results[i].Place.RowStride, device.Find(bases.Address(results[i].Place)));
        }
    }
}
