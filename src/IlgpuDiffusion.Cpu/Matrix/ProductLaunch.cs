using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>A product with its operands: packs the weight if nobody has, applies an expensive prologue if many tasks share it, multiplies.</summary>
internal sealed unsafe class ProductLaunch : Launch
{
    private readonly WorkerPool _pool;
    private readonly PreparedProduct _prepared;
    private readonly FusedOperands _numbers;
    private readonly int[] _batches;
    private readonly Place[] _places;
    private readonly ProductJob _product;
    private readonly ApplyJob? _apply;
    private readonly PackJob? _pack;
    private readonly WinogradRun? _winograd;

    public ProductLaunch(WorkerPool pool, PreparedProduct prepared, FusedOperands numbers, int[] batches, Place[] places, string path)
        : base(path)
    {
        (_pool, _prepared, _numbers, _batches, _places) = (pool, prepared, numbers, batches, places);
        Shape x = prepared.Input;
        _product = new ProductJob(prepared.Plan, prepared.Weight.Type, pool.Threads);
        _apply = prepared.Plan.Packs ? ApplyJob.Packing(x, prepared.Plan.PackedBlockFloats) : prepared.AppliesFirst ? ApplyJob.Plain(x) : null;
        _pack = prepared.PacksItself ? new PackJob(prepared.Plan.Weight, prepared.Weight.Type) : null;
        _winograd = prepared.Winograd is { } plan ? WinogradRun.Create(plan, prepared.Weight.Type) : null;
    }

    public override void Run(in Bases bases, CancellationToken cancellation)
    {
        nint scratch = _prepared.Scratch > 0 ? bases.Address(_places[^1]) : 0;
        InputPlaces input = Input(bases);
        _product.Weight = (byte*)bases.Address(_places[1]);
        if (_pack is not null)
        {
            _pack.Source = _product.Weight;
            _pack.Target = (byte*)(scratch + (nint)(_prepared.AppliedBytes + _prepared.WinogradBytes));
            _product.Weight = _pack.Target;
            _pool.Run(_pack, _pack.Tasks, cancellation);
        }

        if (_winograd is not null)
        {
            _winograd.Run(_pool, input, _product.Weight, Output(bases), (float*)scratch, cancellation);
            return;
        }

        if (_apply is not null)
        {
            _apply.Input = input;
            _apply.Target = (float*)scratch;
            _pool.Run(_apply, _apply.Tasks, cancellation);
            input = new InputPlaces { X = _apply.Target, Stride = _prepared.Input.Channels };
        }

        // A packed input is no input to be filled from any more.
        _product.Packed = _prepared.Plan.Packs ? input.X : null;
        (_product.Input, _product.Output) = (input, Output(bases));
        _pool.Run(_product, _prepared.Plan.Tasks, cancellation);
    }

    private InputPlaces Input(in Bases bases)
    {
        InputPlaces input = new() { Prologue = _prepared.Prologue, X = (float*)bases.Address(_places[0]), Stride = _places[0].RowStride };
        int first = _numbers.Prologue;
        switch (_prepared.Prologue)
        {
            case Prologue.ScaleShift or Prologue.ScaleShiftSilu:
                input.Scale = (float*)bases.Address(_places[first]);
                input.Shift = input.Scale + _prepared.Input.Channels;
                input.ScaleStride = _places[first].RowStride;
                input.ImagesPerScale = _prepared.Input.Batch / _batches[first];
                break;
            case Prologue.LayerNorm:
                input.Statistics = (float*)bases.Address(_places[first]);
                input.StatisticsStride = _places[first].RowStride;
                input.Scale = (float*)bases.Address(_places[first + 1]);
                input.Shift = (float*)bases.Address(_places[first + 2]);
                break;
        }

        return input;
    }

    private OutputPlaces Output(in Bases bases)
    {
        // The result's place follows the inputs'.
        ref readonly Place result = ref _places[_numbers.Count];
        OutputPlaces output = new()
        {
            Activation = _prepared.Epilogue.Activation,
            Gated = _prepared.Epilogue.Gated,
            Outputs = _prepared.Plan.Weight.Outputs,
            Y = (float*)bases.Address(result),
            Stride = result.RowStride,
        };
        if (_numbers.Bias >= 0)
        {
            output.Bias = (float*)bases.Address(_places[_numbers.Bias]);
        }

        if (_numbers.RowBias >= 0)
        {
            output.RowBias = (float*)bases.Address(_places[_numbers.RowBias]);
            output.RowBiasStride = _places[_numbers.RowBias].RowStride;
            output.ImagesPerRowBias = _prepared.Plan.Images / _batches[_numbers.RowBias];
        }

        if (_numbers.Residual >= 0)
        {
            output.Residual = (float*)bases.Address(_places[_numbers.Residual]);
            output.ResidualStride = _places[_numbers.Residual].RowStride;
        }

        if (_prepared.SumSlots > 0)
        {
            output.Sums = (double*)bases.Address(_places[_numbers.Count + 1]);
            output.Slots = _prepared.SumSlots;
        }

        return output;
    }
}
