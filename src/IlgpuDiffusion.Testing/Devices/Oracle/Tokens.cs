using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing.Oracle;

internal sealed partial class OracleKernels
{
    public Prepared Resample(Resample op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) => y.Fill((b, h, w, c) =>
    {
        double sum = 0;
        for (int k = 0; k < x[1].Shape.Channels; k++)
        {
            for (int l = 0; l < x[3].Shape.Channels; l++)
            {
                (double row, double column) = (x[1][0, 0, h, k], x[3][0, 0, w, l]);
                sum += row >= 0 && row < x[0].Shape.Height && column >= 0 && column < x[0].Shape.Width
                    ? x[2][0, 0, h, k] * x[4][0, 0, w, l] * x[0][b, (int)row, (int)column, c]
                    : throw new ArgumentException($"Grid point {row}, {column} is not within {x[0].Shape}.");
            }
        }

        return sum;
    }, cancel));

    public Prepared MatchTokens(MatchTokens op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        int tokens = x[0].Shape.Tokens, channels = x[0].Shape.Channels;
        int[] destinations = [.. Enumerable.Range(0, x[1].Shape.Width).Select(i => (int)x[1][0, 0, i, 0])];
        int[] sources = [.. Enumerable.Range(0, tokens).Except(destinations)];
        double[] all = x[0].ToArray();
        for (int b = 0; b < x[0].Shape.Batch; b++)
        {
            cancel.ThrowIfCancellationRequested();
            double[][] unit = [.. Enumerable.Range(0, tokens).Select(n => Unit(all.AsSpan(((b * tokens) + n) * channels, channels)))];
            var best = sources.Select(s => destinations.Select(d => (Source: s, Destination: d, Similarity: Dot(unit[s], unit[d]))).MaxBy(pair => pair.Similarity)).ToArray();
            int[] target = [.. Enumerable.Range(0, tokens)];
            foreach ((int source, int destination, _) in best.OrderByDescending(pair => pair.Similarity).ThenBy(pair => pair.Source).Take(op.Merged))
            {
                target[source] = destination;
            }

            int[] kept = [.. target.Distinct().Order()];
            int[] members = [.. Enumerable.Range(0, tokens).OrderBy(n => target[n]).ThenBy(n => n)];
            for (int n = 0; n < tokens; n++)
            {
                y[b, 0, n, Graphs.Ops.MatchTokens.Groups] = Array.BinarySearch(kept, target[n]);
                y[b, 0, n, Graphs.Ops.MatchTokens.Members] = members[n];
                y[b, 0, n, Graphs.Ops.MatchTokens.Starts] = n < kept.Length ? Array.FindIndex(members, m => target[m] == kept[n]) : tokens;
            }
        }
    });

    public Prepared MergeTokens(MergeTokens op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        int width = x[0].Shape.Width;
        y.Fill((b, _, group, c) =>
        {
            (int start, int end) = ((int)x[1][b, 0, group, Graphs.Ops.MatchTokens.Starts], (int)x[1][b, 0, group + 1, Graphs.Ops.MatchTokens.Starts]);
            return Enumerable.Range(start, end - start).Select(i => (int)x[1][b, 0, i, Graphs.Ops.MatchTokens.Members]).Average(n => x[0][b, n / width, n % width, c]);
        }, cancel);
    });

    public Prepared UnmergeTokens(UnmergeTokens op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
        Each(y.Shape, (b, h, w, c) => y.CopyElement(b, h, w, c, x[0], b, 0, (int)x[1][b, 0, (h * op.Width) + w, Graphs.Ops.MatchTokens.Groups], c)));

    private static double[] Unit(ReadOnlySpan<double> x)
    {
        double[] unit = x.ToArray();
        double norm = Math.Sqrt(Dot(unit, unit));
        return norm == 0 ? unit : Array.ConvertAll(unit, v => v / norm);
    }

    // What is no number is like nothing.
    private static double Dot(double[] a, double[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return double.IsNaN(sum) ? double.NegativeInfinity : sum;
    }
}
