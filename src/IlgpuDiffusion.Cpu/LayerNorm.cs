using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <summary>Statistics into scratch, then the norm: in front of a product the two are better apart, so no graph that was compiled for this device has it.</summary>
    public Prepared LayerNorm(LayerNorm op, in Operands operands)
    {
        ReadOnlySpan<TensorType> x = operands.Inputs;
        TensorType statistics = new(x[0].Shape with { Channels = 2 });
        Prepared first = RowStatistics(new RowStatistics(op.Epsilon), new Operands([x[0]], [statistics])), second = NormalizeRows(new NormalizeRows(), new Operands([x[0], statistics, x[1], x[2]], operands.Outputs));
        return new CpuPrepared(
            op.Work(operands),
            (places, path) =>
            {
                Place between = new(places[4].Space, places[4].Offset, 2, ElementType.F32);
                return new Both(path, first.Bind([places[0], between], path), second.Bind([places[0], between, places[1], places[2], places[3]], path));
            },
            statistics.Bytes);
    }

    private sealed class Both(string path, Launch first, Launch second) : Launch(path)
    {
        public override void Run(in Bases bases, CancellationToken cancellation)
        {
            first.Run(bases, cancellation);
            second.Run(bases, cancellation);
        }
    }
}
