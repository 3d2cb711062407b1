using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing.Oracle;

internal sealed partial class OracleKernels
{
    public Prepared Linear(Linear op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        double[] rows = Front(op.Prologue, op.Operands, x);
        double[] weight = x[1].ToArray();
        int depth = x[0].Shape.Channels;
        Shape shape = y.Shape;
        y.Fill((b, h, w, n) =>
        {
            long row = (((((long)b * shape.Height) + h) * shape.Width) + w) * depth;
            return Finish(op.Epilogue, op.Operands, x, shape, b, h, w, n, column => Dot(rows, row, weight, (long)column * depth, depth));
        }, cancel);
    });

    public Prepared Conv2d(Conv2d op, in Operands operands) => new OraclePrepared(operands, (x, results, cancel) =>
    {
        OracleTensor y = results[0];
        Shape input = x[0].Shape;
        Grid grid = op.Source(input);
        Shape kernel = x[1].Shape;
        double[] picture = Front(op.Prologue, op.Operands, x);
        double[] weight = x[1].ToArray();
        double Sum(int b, int h, int w, int o)
        {
            double sum = 0;
            for (int i = 0; i < kernel.Height; i++)
            {
                for (int ky = 0; ky < kernel.Width; ky++)
                {
                    int gridY = (h * op.Stride) + ky - op.Padding.Top;
                    for (int kx = 0; kx < kernel.Channels; kx++)
                    {
                        int gridX = (w * op.Stride) + kx - op.Padding.Left;
                        if (gridY < 0 || gridY >= grid.Height || gridX < 0 || gridX >= grid.Width)
                        {
                            continue;
                        }

                        long at = ((((long)b * input.Height) + Nearest(gridY, input.Height, grid.Height)) * input.Width) + Nearest(gridX, input.Width, grid.Width);
                        sum += picture[(at * input.Channels) + i] * weight[(((((long)o * kernel.Height) + i) * kernel.Width) + ky) * kernel.Channels + kx];
                    }
                }
            }

            return sum;
        }

        y.Fill((b, h, w, o) => Finish(op.Epilogue, op.Operands, x, y.Shape, b, h, w, o, column => Sum(b, h, w, column)), cancel);
        if (op.Sums > 0)
        {
            ChannelSums(y, results[1], cancel);
        }
    });

    // What the product reads: x after the prologue, dense.
    private static double[] Front(Prologue prologue, FusedOperands at, OracleTensor[] x)
    {
        if (prologue == Prologue.None)
        {
            return x[0].ToArray();
        }

        double[] front = new double[x[0].Shape.Count];
        long next = 0;
        Each(x[0].Shape, (b, h, w, c) => front[next++] = Round(prologue switch
        {
            Prologue.ScaleShift => ScaleShift(Activation.None, x[0], x[at.Prologue], b, h, w, c),
            Prologue.ScaleShiftSilu => ScaleShift(Activation.Silu, x[0], x[at.Prologue], b, h, w, c),
            Prologue.LayerNorm => NormalizeRows(x, at.Prologue, b, h, w, c),
            _ => throw new NotSupportedException($"Unknown prologue {prologue}."),
        }, x[0].Type));
        return front;
    }

    // Bias, row bias, activation or gate, residual, in this order, of column n of the result.
    private static double Finish(Epilogue epilogue, FusedOperands at, OracleTensor[] x, Shape result, int b, int h, int w, int n, Func<int, double> product)
    {
        double Biased(int column)
        {
            double sum = Round(product(column));
            sum = at.Bias < 0 ? sum : Round(sum + x[at.Bias][0, 0, 0, column]);
            return at.RowBias < 0 ? sum : Round(sum + x[at.RowBias].At(b, 0, 0, column, result.Batch));
        }

        double value = epilogue.Gated
            ? Round(Biased(n) * epilogue.Activation.Apply(Biased(n + result.Channels)))
            : Round(epilogue.Activation.Apply(Biased(n)));
        return at.Residual < 0 ? value : value + x[at.Residual][b, h, w, n];
    }

    private static double Dot(double[] left, long leftStart, double[] right, long rightStart, int count)
    {
        double sum = 0;
        for (int k = 0; k < count; k++)
        {
            sum += left[leftStart + k] * right[rightStart + k];
        }

        return sum;
    }
}
