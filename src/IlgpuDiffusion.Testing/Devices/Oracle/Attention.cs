using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing.Oracle;

internal sealed partial class OracleKernels
{
    public Prepared Attention(Attention op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        Shape shape = y.Shape;
        int depth = shape.Channels / op.Heads;
        OracleSegment[] segments = [.. Enumerable.Range(0, op.Segments.Count).Select(i => new OracleSegment(op, i, x))];
        double[] queries = x[0].ToArray();
        int[] tileOf = op.Tiled ? TileOf(x[1], shape) : [];
        for (int b = 0; b < shape.Batch; b++)
        {
            for (int query = 0; query < shape.Tokens; query++)
            {
                cancel.ThrowIfCancellationRequested();
                for (int head = 0; head < op.Heads; head++)
                {
                    long start = ((((long)b * shape.Tokens) + query) * shape.Channels) + (head * depth);
                    double[] result = Attend(op, segments, queries.AsSpan((int)start, depth), b, query, head, op.Tiled ? tileOf[query] : -1);
                    for (int d = 0; d < depth; d++)
                    {
                        y[b, query / shape.Width, query % shape.Width, (head * depth) + d] = result[d];
                    }
                }
            }
        }
    });

    private static double[] Attend(Attention op, OracleSegment[] segments, ReadOnlySpan<double> query, int b, int token, int head, int tile)
    {
        List<(double Score, OracleSegment Segment, long Values)> seen = [];
        foreach (OracleSegment segment in segments)
        {
            for (int key = 0; key < (op.Causal ? token + 1 : segment.Tokens); key++)
            {
                long at = segment.Start(b, key, head, query.Length);
                double score = 0;
                for (int d = 0; d < query.Length; d++)
                {
                    score += query[d] * segment.Keys[at + d];
                }

                score = (score * op.Scale) + segment.Bias(b, head, token, key);
                if (segment.Shows(tile, key) && !double.IsNegativeInfinity(score))
                {
                    seen.Add((score, segment, at));
                }
            }
        }

        double[] result = new double[query.Length];
        double highest = seen.Count == 0 ? 0 : seen.Max(s => s.Score);
        double total = seen.Sum(s => Math.Exp(s.Score - highest));
        foreach ((double score, OracleSegment segment, long values) in seen)
        {
            double weight = Math.Exp(score - highest) / total;
            for (int d = 0; d < result.Length; d++)
            {
                result[d] += weight * segment.Values[values + d];
            }
        }

        return result;
    }

    private static int[] TileOf(OracleTensor tiles, Shape grid)
    {
        int[] tileOf = new int[grid.Tokens];
        Array.Fill(tileOf, -1);
        for (int t = 0; t < tiles.Shape.Width; t++)
        {
            for (int token = 0; token < grid.Tokens; token++)
            {
                if (Inside(tiles, t, token / grid.Width, token % grid.Width))
                {
                    tileOf[token] = tileOf[token] < 0 ? t : throw new ArgumentException($"Tiles {tileOf[token]} and {t} both hold query {token}; tiles must partition the grid {grid.Height}×{grid.Width}.");
                }
            }
        }

        int missing = Array.IndexOf(tileOf, -1);
        return missing < 0 ? tileOf : throw new ArgumentException($"No tile holds query {missing}; tiles must partition the grid {grid.Height}×{grid.Width}.");
    }

    private static bool Inside(in OracleTensor rectangles, int t, int h, int w) =>
        h >= rectangles[0, 0, t, 0] && h < rectangles[0, 0, t, 1] && w >= rectangles[0, 0, t, 2] && w < rectangles[0, 0, t, 3];

    /// <summary>A key segment's operands.</summary>
    private sealed class OracleSegment(Attention op, int index, OracleTensor[] x)
    {
        private readonly SegmentOperands _at = op.OperandsOf(index);
        private readonly int _batch = x[0].Shape.Batch;
        private readonly Shape _shape = x[op.OperandsOf(index).Keys].Shape;

        public double[] Keys { get; } = x[op.OperandsOf(index).Keys].ToArray();

        public double[] Values { get; } = x[op.OperandsOf(index).Values].ToArray();

        public int Tokens => _shape.Tokens;

        public long Start(int b, int key, int head, int depth) =>
            ((((long)(b / (_batch / _shape.Batch)) * Tokens) + key) * _shape.Channels) + (head * depth);

        public double Bias(int b, int head, int query, int key) => _at.Bias < 0 ? 0 : x[_at.Bias].At(b, head, query, key, _batch);

        public bool Shows(int tile, int key) =>
            _at.Bounds < 0 || Inside(x[_at.Bounds], tile, key / _shape.Width, key % _shape.Width) != op.Segments[index].ExcludeOwnTile;
    }
}
