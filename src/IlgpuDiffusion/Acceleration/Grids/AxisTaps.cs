namespace IlgpuDiffusion.Acceleration;

/// <summary>How one side of a grid is resampled: for each new point so many old ones with their weights.</summary>
/// <param name="Taps">Old points of each new one.</param>
/// <param name="Points">[new points, taps].</param>
/// <param name="Weights">[new points, taps]; they add up to 1 at each.</param>
public sealed record AxisTaps(int Taps, int[] Points, float[] Weights)
{
    private const float Middle = 0.5f;

    /// <summary>The taps of a method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="from">The old size.</param>
    /// <param name="to">The new size.</param>
    /// <param name="phase">Of the methods that pick points: which part of the way from one new point to the next the picked one lies at, [0, 1); null for the method's own.</param>
    public static AxisTaps Of(GridMethod method, int from, int to, double? phase = null)
    {
        // In single precision, as torch has it: its floors are the recordings'.
        float scale = (float)from / to;
        return method switch
        {
            GridMethod.Nearest => Pick(from, to, scale, (float)(phase ?? 0)),
            GridMethod.NearestExact => Pick(from, to, scale, (float)(phase ?? Middle)),
            GridMethod.Bilinear => Between(from, to, scale),
            GridMethod.Bicubic => Cubic(from, to, scale),
            _ => Mean(from, to),
        };
    }

    /// <summary>How many taps a method has.</summary>
    public static int Count(GridMethod method, int from, int to) => method switch
    {
        GridMethod.Nearest or GridMethod.NearestExact => 1,
        GridMethod.Bilinear => 2,
        GridMethod.Bicubic => 4,
        _ => Enumerable.Range(0, to).Max(i => Last(i, from, to) - First(i, from, to)),
    };

    /// <summary>The old point that each new one stands for: the picked one, or the middle of those that it is made from.</summary>
    public int[] StandsFor(int from)
    {
        int to = Points.Length / Taps;
        return Taps == 1 ? Points : Pick(from, to, (float)from / to, Middle).Points;
    }

    private static AxisTaps Pick(int from, int to, float scale, float phase) =>
        new(1, [.. Enumerable.Range(0, to).Select(i => Math.Min(from - 1, (int)MathF.Floor((i + phase) * scale)))], [.. Enumerable.Repeat(1f, to)]);

    private static AxisTaps Between(int from, int to, float scale)
    {
        AxisTaps taps = new(2, new int[2 * to], new float[2 * to]);
        for (int i = 0; i < to; i++)
        {
            float at = Math.Max(0, At(i, scale));
            int first = Math.Min((int)at, from - 1);
            float share = at - first;
            (taps.Points[2 * i], taps.Points[(2 * i) + 1]) = (first, Math.Min(first + 1, from - 1));
            (taps.Weights[2 * i], taps.Weights[(2 * i) + 1]) = (1 - share, share);
        }

        return taps;
    }

    // The middle of new point i among the old ones; rounded once, as torch's compiler has it.
    private static float At(int i, float scale) => MathF.FusedMultiplyAdd(scale, i + Middle, -Middle);

    private static AxisTaps Cubic(int from, int to, float scale)
    {
        const int Around = 4;
        AxisTaps taps = new(Around, new int[Around * to], new float[Around * to]);
        for (int i = 0; i < to; i++)
        {
            float at = At(i, scale);
            int before = (int)MathF.Floor(at);
            float t = at - before;
            float[] weights = [Outer(t + 1), Inner(t), Inner(1 - t), Outer(2 - t)];
            for (int k = 0; k < Around; k++)
            {
                taps.Points[(Around * i) + k] = Math.Clamp(before - 1 + k, 0, from - 1);
                taps.Weights[(Around * i) + k] = weights[k];
            }
        }

        return taps;

        static float Inner(float x) => ((((-0.75f + 2) * x) - (-0.75f + 3)) * x * x) + 1;
        static float Outer(float x) => (((((-0.75f * x) - (5 * -0.75f)) * x) + (8 * -0.75f)) * x) - (4 * -0.75f);
    }

    private static AxisTaps Mean(int from, int to)
    {
        int most = Count(GridMethod.Average, from, to);
        AxisTaps taps = new(most, new int[most * to], new float[most * to]);
        for (int i = 0; i < to; i++)
        {
            int first = First(i, from, to), count = Last(i, from, to) - first;
            for (int k = 0; k < most; k++)
            {
                taps.Points[(most * i) + k] = first + Math.Min(k, count - 1);
                taps.Weights[(most * i) + k] = k < count ? 1f / count : 0;
            }
        }

        return taps;
    }

    private static int First(int i, int from, int to) => (int)((long)i * from / to);

    private static int Last(int i, int from, int to) => (int)((((i + 1L) * from) + to - 1) / to);
}
