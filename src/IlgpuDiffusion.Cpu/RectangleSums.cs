using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared RectangleSums(RectangleSums op, in Operands operands)
    {
        Shape shape = operands.Inputs[0].Shape;
        return new CpuPrepared(op.Work(operands), (places, path) => new RectangleSumsLaunch(pool, path, places, shape, op.Slots));
    }

    /// <summary>A task is one slot of one image: its rows in order.</summary>
    private sealed unsafe class RectangleSumsLaunch(WorkerPool pool, string path, Place[] places, Shape shape, int slots)
        : ParallelLaunch(pool, path, places, shape.Batch * slots)
    {
        protected override void Execute(int task, byte* scratch)
        {
            (int image, int slot) = Math.DivRem(task, slots);
            Rectangle rectangle = Rectangle.Read((int*)Bytes(1), Stride(1), 0);
            if (!rectangle.IsWithin(new Grid(shape.Height, shape.Width)))
            {
                throw new InvalidDataException($"At '{Path}': the rectangle (y {rectangle.Y0}..{rectangle.Y1}, x {rectangle.X0}..{rectangle.X1}) is not within the grid of {shape.Height}×{shape.Width}.");
            }

            double* sums = (double*)Bytes(2) + ((nint)task * Stride(2));
            new Span<double>(sums, 2 * shape.Channels).Clear();
            for (int y = rectangle.Y0 + slot; y < rectangle.Y1; y += slots)
            {
                float* row = Floats(0) + (((((nint)image * shape.Height) + y) * shape.Width) + rectangle.X0) * Stride(0);
                ChannelSums.Add(row, Stride(0), rectangle.Width, shape.Channels, sums, sums + shape.Channels);
            }
        }
    }
}
