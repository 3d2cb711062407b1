using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Devices.Comparing;

/// <summary>One of the two devices, and what of a pair is its own.</summary>
internal sealed class Side(Device device, Func<PairLayout, WeightLayout?> layout, Func<AddressPair, nint> address)
{
    /// <summary>The device's address of a place on both.</summary>
    public nint Address(AddressPair pair) => address(pair);

    /// <summary>The device's kernel of an op: operands have its own layouts.</summary>
    public Prepared Prepare(Op op, in Operands operands)
    {
        TensorType[] inputs = Array.ConvertAll(operands.Inputs.ToArray(), Own), outputs = Array.ConvertAll(operands.Outputs.ToArray(), Own);
        Operands own = new(inputs, outputs);
        return op is not Pack pack ? device.Prepare(op, own)
            : layout((PairLayout)pack.Layout) is { } wanted ? device.Prepare(new Pack(wanted), own)
            : new PlainCopy(device, inputs[0].Bytes);
    }

    private TensorType Own(TensorType type) => type.Layout is PairLayout pair ? type with { Layout = layout(pair) } : type;

    /// <summary>Stands for a packing where the device takes the weight as it is.</summary>
    private sealed class PlainCopy(Device device, long bytes) : Prepared
    {
        public override Launch Bind(ReadOnlySpan<Place> places, string path) => new Started(device, places[0], places[1], bytes, path);

        private sealed class Started(Device device, Place source, Place target, long bytes, string path) : Launch(path)
        {
            public override void Run(in Bases bases, CancellationToken cancellation) => device.Copy(bases.Address(source), bases.Address(target), bytes);
        }
    }
}
