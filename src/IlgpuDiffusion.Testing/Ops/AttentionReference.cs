using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>Attention by its definition: every score in double precision, one softmax over all keys.</summary>
internal static class AttentionReference
{
    public static double[] Compute(Attention op, Operand[] inputs)
    {
        Shape q = inputs[0].Type.Shape;
        int width = q.Channels / op.Heads;
        double[] result = new double[q.Count];
        for (int b = 0; b < q.Batch; b++)
        {
            for (int token = 0; token < q.Tokens; token++)
            {
                for (int head = 0; head < op.Heads; head++)
                {
                    Row(op, inputs, b, token, head, width, result.AsSpan((((b * q.Tokens) + token) * q.Channels) + (head * width), width));
                }
            }
        }

        return result;
    }

    private static void Row(Attention op, Operand[] inputs, int b, int token, int head, int width, Span<double> result)
    {
        Shape q = inputs[0].Type.Shape;
        ReadOnlySpan<float> query = inputs[0].Floats.Slice((((b * q.Tokens) + token) * q.Channels) + (head * width), width);
        int tile = op.Tiled ? TileOf(inputs[1], token / q.Width, token % q.Width) : 0;
        List<(double Score, int Operand, int At)> scores = [];
        for (int s = 0; s < op.Segments.Count; s++)
        {
            SegmentOperands at = op.OperandsOf(s);
            Shape k = inputs[at.Keys].Type.Shape;
            int row = b / (q.Batch / k.Batch);
            for (int key = 0; key < k.Tokens; key++)
            {
                bool inside = at.Bounds < 0 || Contains(inputs[at.Bounds], tile, key / k.Width, key % k.Width);
                if (inside == op.Segments[s].ExcludeOwnTile || (op.Causal && key > token))
                {
                    continue;
                }

                int from = (((row * k.Tokens) + key) * k.Channels) + (head * width);
                double score = 0;
                for (int c = 0; c < width; c++)
                {
                    score += (double)query[c] * inputs[at.Keys].Floats[from + c];
                }

                score *= op.Scale;
                if (at.Bias >= 0)
                {
                    Shape bias = inputs[at.Bias].Type.Shape;
                    int index = (b / (q.Batch / bias.Batch) * bias.Height) + (bias.Height == 1 ? 0 : head);
                    index = (index * bias.Width) + (bias.Width == 1 ? 0 : token);
                    score += inputs[at.Bias].Floats[(index * bias.Channels) + (bias.Channels == 1 ? 0 : key)];
                }

                scores.Add((score, at.Values, from));
            }
        }

        double max = scores.Count == 0 ? 0 : scores.Max(s => s.Score);
        if (scores.Count == 0 || double.IsNegativeInfinity(max))
        {
            return;
        }

        double sum = scores.Sum(s => Math.Exp(s.Score - max));
        foreach ((double score, int values, int at) in scores)
        {
            for (int c = 0; c < width; c++)
            {
                result[c] += Math.Exp(score - max) / sum * inputs[values].Floats[at + c];
            }
        }
    }

    private static int TileOf(Operand tiles, int y, int x)
    {
        for (int tile = 0; ; tile++)
        {
            if (Contains(tiles, tile, y, x))
            {
                return tile;
            }
        }
    }

    private static bool Contains(Operand tiles, int tile, int y, int x)
    {
        ReadOnlySpan<int> at = MemoryMarshal.Cast<byte, int>(tiles.Data).Slice(4 * tile, 4);
        return y >= at[0] && y < at[1] && x >= at[2] && x < at[3];
    }
}
