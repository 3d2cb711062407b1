namespace IlgpuDiffusion.Acceleration;

/// <summary>Where one side of a grid is cut into tiles: lines, from 0 to the side's length.</summary>
internal static class AxisCuts
{
    /// <summary>
    /// The numbers of tiles that HyperTile as published draws from (github.com/tfernd/HyperTile, <c>random_divisor</c>): of the side's divisors from
    /// <paramref name="least"/> on, the side over the first <paramref name="sizes"/>. A side without such divisors stays whole.
    /// </summary>
    public static int[] Published(int side, int least, int sizes)
    {
        least = Math.Min(least, side);
        return [.. Enumerable.Range(least, side - least + 1).Where(size => side % size == 0).Take(sizes).Select(size => side / size)];
    }

    /// <summary>Cuts into equal tiles; the last is smaller where they do not divide the side.</summary>
    public static int[] Even(int side, int count)
    {
        int tile = (side + count - 1) / count;
        return [.. Enumerable.Range(0, (side + tile - 1) / tile).Select(i => i * tile), side];
    }

    /// <summary>
    /// The same, moved: lines at <paramref name="shift"/>, shift + tile and so on. What is left at an end and less than half a tile is joined to the
    /// tile beside it, so that no tile has less than half the keys of the others' sides.
    /// </summary>
    public static int[] Shifted(int side, int count, int shift)
    {
        int tile = (side + count - 1) / count;
        List<int> lines = [0];
        for (int line = shift % tile; line < side; line += tile)
        {
            if (2 * line >= tile && 2 * (side - line) >= tile)
            {
                lines.Add(line);
            }
        }

        lines.Add(side);
        return [.. lines];
    }

    /// <summary>The most tiles that <see cref="Shifted"/> makes and the longest of them, whatever the shift.</summary>
    public static (int Tiles, int Longest) MostShifted(int side, int count)
    {
        int tile = (side + count - 1) / count, tiles = 0, longest = 0;
        for (int shift = 0; shift < tile; shift++)
        {
            int[] lines = Shifted(side, count, shift);
            tiles = Math.Max(tiles, lines.Length - 1);
            longest = Math.Max(longest, Longest(lines));
        }

        return (tiles, longest);
    }

    /// <summary>The longest tile between lines.</summary>
    public static int Longest(int[] lines) => Enumerable.Range(1, lines.Length - 1).Max(i => lines[i] - lines[i - 1]);
}
