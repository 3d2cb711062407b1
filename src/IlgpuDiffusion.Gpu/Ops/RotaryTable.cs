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
            // Points beside each other go at once, others one by one.
            int channels = op.RowChannels + op.ColumnChannels, points = op.Grid.Height * op.Grid.Width, together = Stride(0) == channels ? points : 1;
            ReadOnlySpan<float> values = op.Values();
            for (int point = 0; point < points; point += together)
            {
                Host.Upload(Address(0) + (point * Stride(0) * sizeof(float)), MemoryMarshal.AsBytes(values.Slice(point * channels, together * channels)));
            }
        }
    }
}
