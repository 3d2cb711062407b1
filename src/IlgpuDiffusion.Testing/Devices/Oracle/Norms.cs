using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing.Oracle;

internal sealed partial class OracleKernels
{
    public Prepared RowStatistics(RowStatistics op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        double[] data = x[0].ToArray();
        int channels = x[0].Shape.Channels;
        int row = 0;
        y.Fill((b, h, w, c) =>
        {
            (double mean, double variance) = Moments(data, (long)row * channels, channels);
            row += c;
            return c == 0 ? mean : 1 / Math.Sqrt(variance + op.Epsilon);
        }, cancel);
    });

    public Prepared NormalizeRows(NormalizeRows op, in Operands operands) =>
        new OraclePrepared(operands, (x, y, cancel) => y.Fill((b, h, w, c) => NormalizeRows(x, 1, b, h, w, c), cancel));

    public Prepared LayerNorm(LayerNorm op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        double[] data = x[0].ToArray();
        int channels = x[0].Shape.Channels;
        long start = 0;
        (double mean, double scale) = (0, 0);
        y.Fill((b, h, w, c) =>
        {
            if (c == 0)
            {
                // Rounded as the two ops round between them.
                (mean, double variance) = Moments(data, start, channels);
                (mean, scale) = ((float)mean, (float)(1 / Math.Sqrt(variance + op.Epsilon)));
                start += channels;
            }

            return ((x[0][b, h, w, c] - mean) * scale * x[1].At(b, 0, 0, c, y.Shape.Batch)) + x[2].At(b, 0, 0, c, y.Shape.Batch);
        }, cancel);
    });

    public Prepared RmsNorm(RmsNorm op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        int part = y.Shape.Channels / op.Heads;
        double scale = 0;
        y.Fill((b, h, w, c) =>
        {
            if (c % part == 0)
            {
                scale = 1 / Math.Sqrt((Enumerable.Range(c, part).Sum(i => x[0][b, h, w, i] * x[0][b, h, w, i]) / part) + op.Epsilon);
            }

            return x[0][b, h, w, c] * scale * x[1][0, 0, 0, c % part];
        }, cancel);
    });

    public Prepared GroupNormStatistics(GroupNormStatistics op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        Shape shape = x[0].Shape;
        double[] data = x[0].ToArray();
        int width = shape.Channels / op.Groups;
        for (int b = 0; b < shape.Batch; b++)
        {
            for (int group = 0; group < op.Groups; group++)
            {
                cancel.ThrowIfCancellationRequested();
                double[] members = new double[(long)shape.Tokens * width];
                for (int token = 0; token < shape.Tokens; token++)
                {
                    Array.Copy(data, ((((long)b * shape.Tokens) + token) * shape.Channels) + (group * width), members, (long)token * width, width);
                }

                (double mean, double variance) = Moments(members, 0, members.Length);
                for (int c = group * width; c < (group + 1) * width; c++)
                {
                    double scale = x[1][0, 0, 0, c] / Math.Sqrt(variance + op.Epsilon);
                    y[b, 0, 0, c] = scale;
                    y[b, 0, 0, shape.Channels + c] = x[2][0, 0, 0, c] - (mean * scale);
                }
            }
        }
    });

    public Prepared GroupNormFromSums(GroupNormFromSums op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        OracleTensor[] parts = x[..^2];
        int channels = y.Shape.Channels / 2, width = channels / op.Groups;
        double count = (double)op.Tokens * width;
        for (int b = 0; b < y.Shape.Batch; b++)
        {
            for (int first = 0; first < channels; first += width)
            {
                cancel.ThrowIfCancellationRequested();
                (double sum, double squares) = (0, 0);
                int begin = 0;
                foreach (OracleTensor part in parts)
                {
                    int own = part.Shape.Channels / 2;
                    for (int c = Math.Max(first, begin); c < Math.Min(first + width, begin + own); c++)
                    {
                        for (int slot = 0; slot < part.Shape.Width; slot++)
                        {
                            sum += part[b, 0, slot, c - begin];
                            squares += part[b, 0, slot, own + c - begin];
                        }
                    }

                    begin += own;
                }

                double mean = sum / count, variance = Math.Max(0, (squares / count) - (mean * mean));
                for (int c = first; c < first + width; c++)
                {
                    double scale = x[^2][0, 0, 0, c] / Math.Sqrt(variance + op.Epsilon);
                    y[b, 0, 0, c] = scale;
                    y[b, 0, 0, channels + c] = x[^1][0, 0, 0, c] - (mean * scale);
                }
            }
        }
    });

    public Prepared RectangleSums(RectangleSums op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        int channels = x[0].Shape.Channels;
        int Bound(int i) => (int)x[1][0, 0, 0, i];
        y.Fill((b, _, slot, c) =>
        {
            double sum = 0;
            for (int h = Bound(0) + slot; h < Bound(1); h += op.Slots)
            {
                for (int w = Bound(2); w < Bound(3); w++)
                {
                    double value = x[0][b, h, w, c % channels];
                    sum += c < channels ? value : value * value;
                }
            }

            return sum;
        }, cancel);
    });

    public Prepared StandardDeviation(StandardDeviation op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        double[] data = x[0].ToArray();
        int count = data.Length / y.Shape.Batch;
        y.Fill((b, _, _, _) => Math.Sqrt(Moments(data, (long)b * count, count).Variance * count / (count - 1.0)), cancel);
    });

    // Σx and Σx² of every channel; grid point i is in slot i modulo their number.
    private static void ChannelSums(OracleTensor x, OracleTensor sums, CancellationToken cancel)
    {
        int channels = x.Shape.Channels, slots = sums.Shape.Width;
        double[] data = x.ToArray();
        sums.Fill((b, _, slot, c) =>
        {
            double sum = 0;
            for (int token = slot; token < x.Shape.Tokens; token += slots)
            {
                double value = data[((((long)b * x.Shape.Tokens) + token) * channels) + (c % channels)];
                sum += c < channels ? value : value * value;
            }

            return sum;
        }, cancel);
    }

    // (x − mean) · rstd · γ + β; operands x, then statistics, γ, β from the given number on.
    private static double NormalizeRows(OracleTensor[] x, int first, int b, int h, int w, int c)
    {
        OracleTensor statistics = x[first];
        int batch = x[0].Shape.Batch;
        return ((x[0][b, h, w, c] - statistics[b, h, w, 0]) * statistics[b, h, w, 1] * x[first + 1].At(b, 0, 0, c, batch)) + x[first + 2].At(b, 0, 0, c, batch);
    }

    // Two passes: the variance from the differences to the mean, divided by the count.
    private static (double Mean, double Variance) Moments(double[] data, long start, int count)
    {
        double sum = 0;
        for (long i = start; i < start + count; i++)
        {
            sum += data[i];
        }

        double mean = sum / count;
        double squares = 0;
        for (long i = start; i < start + count; i++)
        {
            squares += (data[i] - mean) * (data[i] - mean);
        }

        return (mean, squares / count);
    }
}
