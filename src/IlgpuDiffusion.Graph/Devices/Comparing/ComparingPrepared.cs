namespace IlgpuDiffusion.Graphs.Devices.Comparing;

/// <summary>Both devices' kernels of one op.</summary>
internal sealed class ComparingPrepared : Prepared
{
    private readonly ComparingDevice _device;
    private readonly Op _op;
    private readonly int _inputs;
    private readonly TensorType[] _outputs;
    private readonly (Side Side, Prepared Prepared) _first;
    private readonly (Side Side, Prepared Prepared) _second;

    public ComparingPrepared(ComparingDevice device, Op op, in Operands operands, Side first, Side second)
    {
        (_device, _op, _inputs, _outputs) = (device, op, operands.Inputs.Length, operands.Outputs.ToArray());
        (_first, _second) = ((first, first.Prepare(op, operands)), (second, second.Prepare(op, operands)));
    }

    public override long Scratch => Math.Max(_first.Prepared.Scratch, _second.Prepared.Scratch);

    public override TimeSpan Estimate => _first.Prepared.Estimate + _second.Prepared.Estimate;

    public override WeightLayout? Layout(int input) => PairLayout.Of(_first.Prepared.Layout(input), _second.Prepared.Layout(input));

    public override Launch Bind(ReadOnlySpan<Place> places, string path)
    {
        (Place, TensorType)[] results = new (Place, TensorType)[_outputs.Length];
        for (int i = 0; i < results.Length; i++)
        {
            results[i] = (places[_inputs + i], _outputs[i]);
        }

        return new ComparingLaunch(_device, _op, results, Bind(_first, places, path), Bind(_second, places, path));
    }

    // Weights' places are addresses; the other spaces' bases are turned into each device's own when the launch runs.
    private Launch Bind((Side Side, Prepared Prepared) own, ReadOnlySpan<Place> places, string path)
    {
        int count = _inputs + _outputs.Length + (own.Prepared.Scratch > 0 ? 1 : 0);
        Place[] mine = places[..count].ToArray();
        for (int i = 0; i < mine.Length; i++)
        {
            mine[i] = mine[i].Space == Space.Weight ? mine[i] with { Offset = own.Side.Address(_device.Find((nint)mine[i].Offset)) } : mine[i];
        }

        return own.Prepared.Bind(mine, path);
    }
}
