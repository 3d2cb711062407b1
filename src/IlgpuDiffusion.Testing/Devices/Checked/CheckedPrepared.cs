using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing.Checked;

/// <summary>A kernel of the watched device with its operands' types.</summary>
internal sealed class CheckedPrepared : Prepared
{
    private readonly CheckedDevice _device;
    private readonly Op _op;
    private readonly TensorType[] _inputs;
    private readonly TensorType[] _outputs;
    private readonly Prepared _inner;

    public CheckedPrepared(CheckedDevice device, Op op, in Operands operands, Prepared inner)
    {
        (_device, _op, _inner) = (device, op, inner);
        (_inputs, _outputs) = (operands.Inputs.ToArray(), operands.Outputs.ToArray());
    }

    public override long Scratch => _inner.Scratch;

    public override TimeSpan Estimate => _inner.Estimate;

    public override WeightLayout? Layout(int input) => _inner.Layout(input);

    public override Launch Bind(ReadOnlySpan<Place> places, string path)
    {
        int wanted = _inputs.Length + _outputs.Length + (Scratch > 0 ? 1 : 0);
        if (places.Length != wanted)
        {
            throw new CheckException($"{_op.Name} at '{path}' has {wanted} operands with scratch, but was given {places.Length} places.");
        }

        Region[] regions = new Region[places.Length];
        for (int i = 0; i < regions.Length; i++)
        {
            bool isInput = i < _inputs.Length;
            TensorType? type = isInput ? _inputs[i] : i < _inputs.Length + _outputs.Length ? _outputs[i - _inputs.Length] : null;
            regions[i] = new Region(places[i], type, isInput, Extent(places[i], type));
        }

        return new CheckedLaunch(_device, _op, regions, _inner.Bind(places, path));
    }

    // Bytes from the first element to the end of the last one.
    private long Extent(in Place place, TensorType? type) => type switch
    {
        null => Scratch,
        { Layout: not null } packed => packed.Bytes,
        { Shape: var shape } => ((((long)shape.Rows - 1) * place.RowStride) + shape.Channels) * place.Type.Size(),
    };
}

/// <summary>An operand in memory; without a type it is scratch.</summary>
internal readonly record struct Region(Place Place, TensorType? Type, bool IsInput, long Bytes)
{
    public bool IsDense => Type is not { } type || type.Layout is not null || Place.RowStride == type.Shape.Channels;
}
