using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing.Oracle;

internal sealed partial class OracleKernels
{
    public Prepared Copy(Copy op, in Operands operands) => Move(operands, (b, h, w, c) => (b, h, w, c));

    public Prepared Repeat(Repeat op, in Operands operands)
    {
        int batch = operands.Inputs[0].Shape.Batch;
        return Move(operands, (b, h, w, c) => (op.EachRow ? b / op.Times : b % batch, h, w, c));
    }

    public Prepared Upsample(Upsample op, in Operands operands)
    {
        Shape x = operands.Inputs[0].Shape;
        return Move(operands, (b, h, w, c) => (b, Nearest(h, x.Height, op.Height), Nearest(w, x.Width, op.Width), c));
    }

    public Prepared Reshape(Reshape op, in Operands operands)
    {
        (Shape from, Shape to) = (operands.Inputs[0].Shape, op.To);
        return Move(operands, (b, h, w, c) =>
        {
            long i = ((((((long)b * to.Height) + h) * to.Width) + w) * to.Channels) + c;
            (long row, long channel) = Math.DivRem(i, from.Channels);
            (row, long column) = Math.DivRem(row, from.Width);
            (long image, row) = Math.DivRem(row, from.Height);
            return ((int)image, (int)row, (int)column, (int)channel);
        });
    }

    public Prepared Crop(Crop op, in Operands operands) => Move(operands, (b, h, w, c) => (b, h + op.Top, w + op.Left, c));

    public Prepared DepthToSpace(DepthToSpace op, in Operands operands)
    {
        (int f, int channels) = (op.Factor, operands.Outputs[0].Shape.Channels);
        return Move(operands, (b, h, w, c) =>
        {
            int inner = (h % f * f) + (w % f);
            return (b, h / f, w / f, op.ChannelsFirst ? (c * f * f) + inner : (inner * channels) + c);
        });
    }

    public Prepared RotaryTable(RotaryTable op, in Operands operands) => new OraclePrepared(operands, (_, y, cancel) => y.Fill((_, h, w, c) =>
    {
        (int i, int n, double position) = c < op.RowChannels
            ? (c, op.RowChannels, ((h + 0.5) * op.Of.Height / op.Grid.Height) - 0.5)
            : (c - op.RowChannels, op.ColumnChannels, ((w + 0.5) * op.Of.Width / op.Grid.Width) - 0.5);
        double angle = position * Math.Pow(op.Theta, -(i - (i % 2)) / (double)n);
        return i % 2 == 0 ? Math.Cos(angle) : Math.Sin(angle);
    }, cancel));

    public Prepared Rotary(Rotary op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        int channels = y.Shape.Channels / op.Heads, still = channels - x[1].Shape.Channels;
        y.Fill((b, h, w, c) =>
        {
            int i = (c % channels) - still;
            if (i < 0)
            {
                return x[0][b, h, w, c];
            }

            int first = i - (i % 2);
            double cosine = x[1][0, h, w, first], sine = x[1][0, h, w, first + 1];
            return (x[0][b, h, w, c] * cosine) + (i % 2 == 0 ? -x[0][b, h, w, c + 1] * sine : x[0][b, h, w, c - 1] * sine);
        }, cancel);
    });

    public Prepared RelativeBias(RelativeBias op, in Operands operands)
    {
        int tokens = operands.Outputs[0].Shape.Width;
        return Move(operands, (_, head, query, key) => (0, 0, key - query + tokens - 1, head));
    }

    public Prepared Concat(Concat op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        int start = 0;
        foreach (OracleTensor part in x)
        {
            cancel.ThrowIfCancellationRequested();
            (int db, int dw, int dc) = op.Axis switch { Axis.Batch => (start, 0, 0), Axis.Width => (0, start, 0), _ => (0, 0, start) };
            Each(part.Shape, (b, h, w, c) => y.CopyElement(b + db, h, w + dw, c + dc, part, b, h, w, c));
            start += part.Shape.Size(op.Axis);
        }
    });

    public Prepared Embedding(Embedding op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) => y.Fill((b, h, w, c) =>
    {
        double id = x[1][b, h, w, 0];
        return id >= 0 && id < x[0].Shape.Width
            ? x[0][0, 0, (int)id, c]
            : throw new ArgumentException($"Id {id} at [{b}, {h}, {w}] is not within the table of {x[0].Shape.Width} rows.");
    }, cancel));

    public Prepared Pack(Pack op, in Operands operands) =>
        throw new NotSupportedException($"The oracle reads weights as plain rows and asks for no layout; it cannot pack as {op.Layout}.");

    private static OraclePrepared Move(in Operands operands, Func<int, int, int, int, (int B, int H, int W, int C)> source) =>
        new(operands, (x, y, cancel) => Each(y.Shape, (b, h, w, c) =>
        {
            var from = source(b, h, w, c);
            y.CopyElement(b, h, w, c, x[0], from.B, from.H, from.W, from.C);
        }));

    private static int Nearest(int index, int from, int to) => (int)((long)index * from / to);

    private static void Each(Shape shape, Action<int, int, int, int> action)
    {
        for (int b = 0; b < shape.Batch; b++)
        {
            for (int h = 0; h < shape.Height; h++)
            {
                for (int w = 0; w < shape.Width; w++)
                {
                    for (int c = 0; c < shape.Channels; c++)
                    {
                        action(b, h, w, c);
                    }
                }
            }
        }
    }
}
