namespace IlgpuDiffusion.Imaging;

/// <summary>The five row filters of PNG (specification, chapter 9): none, sub, up, average, Paeth.</summary>
internal static class PngFilter
{
    public const int Count = 5;

    /// <summary>Filters a row; returns the sum of absolute differences, by which the cheapest filter is guessed.</summary>
    public static long Apply(byte filter, ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, Span<byte> result, int bytesPerPixel)
    {
        long cost = 0;
        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= bytesPerPixel ? row[i - bytesPerPixel] : 0;
            int corner = i >= bytesPerPixel ? above[i - bytesPerPixel] : 0;
            byte difference = (byte)(row[i] - Predict(filter, left, above[i], corner));
            result[i] = difference;
            cost += Math.Abs((int)(sbyte)difference);
        }

        return cost;
    }

    /// <summary>Undoes a filter in place.</summary>
    public static void Undo(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int bytesPerPixel)
    {
        for (int i = 0; i < row.Length; i++)
        {
            int left = i >= bytesPerPixel ? row[i - bytesPerPixel] : 0;
            int corner = i >= bytesPerPixel ? above[i - bytesPerPixel] : 0;
            row[i] = (byte)(row[i] + Predict(filter, left, above[i], corner));
        }
    }

    private static int Predict(byte filter, int left, int up, int corner) => filter switch
    {
        0 => 0,
        1 => left,
        2 => up,
        3 => (left + up) >> 1,
        _ => Paeth(left, up, corner),
    };

    private static int Paeth(int left, int up, int corner)
    {
        int toLeft = Math.Abs(up - corner);
        int toUp = Math.Abs(left - corner);
        int toCorner = Math.Abs(left + up - corner - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
