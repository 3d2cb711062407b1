using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared RotaryTable(RotaryTable op, in Operands operands) => new GpuPrepared(op.Work(operands), (places, path) => new RotaryTableLaunch(host, places, path, op));

    /// <summary>The host computes the table, once a model and size.</summary>
    private sealed class RotaryTableLaunch(GpuHost host, Place[] places, string path, RotaryTable op) : GpuLaunch(host, places, path)
    {
        protected override void Start()
        {
            int channels = op.RowChannels + op.ColumnChannels;
            float[] values = op.Values(), rows = new float[Extent(0, new Shape(1, op.Grid.Height, op.Grid.Width, channels))];
            for (int point = 0; point < op.Grid.Height * op.Grid.Width; point++)
            {
                values.AsSpan(point * channels, channels).CopyTo(rows.AsSpan(point * Stride(0)));
            }

            Host.Upload(Address(0), MemoryMarshal.AsBytes<float>(rows));
        }
    }
}
