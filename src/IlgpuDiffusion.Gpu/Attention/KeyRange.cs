using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Grid points inside a rectangle, or all those outside it, row by row; a rectangle that reaches over the grid is cut.</summary>
internal struct KeyRange
{
    private int _y0;
    private int _x0;
    private int _width;
    private int _height;
    private int _gridWidth;
    private int _outside;

    /// <summary>How many points there are.</summary>
    public int Count;

    /// <summary>The keys that a tile sees.</summary>
    /// <param name="p">The sizes.</param>
    /// <param name="bounds">Rectangles (y0, y1, x0, x1), ends excluded.</param>
    /// <param name="tile">The tile; one that there is not sees nothing.</param>
    public static KeyRange Of(AttentionShape p, ArrayView<int> bounds, int tile)
    {
        if (p.BoundsStride == 0)
        {
            return All(p.KeyHeight, p.KeyWidth);
        }

        return tile >= p.Tiles ? default : Of(bounds, (long)tile * p.BoundsStride, p.KeyHeight, p.KeyWidth, p.Outside);
    }

    /// <summary>All points of a grid.</summary>
    public static KeyRange All(int height, int width) => new() { _gridWidth = width, _outside = 1, Count = height * width };

    /// <summary>What lies in a rectangle of a grid, or outside of it.</summary>
    /// <param name="rectangles">Rectangles (y0, y1, x0, x1), ends excluded.</param>
    /// <param name="at">Where the rectangle begins.</param>
    /// <param name="height">Rows of the grid.</param>
    /// <param name="width">Columns of the grid.</param>
    /// <param name="outside">1 for what lies outside.</param>
    public static KeyRange Of(ArrayView<int> rectangles, long at, int height, int width, int outside)
    {
        int y0 = Within(rectangles[at], height), y1 = Within(rectangles[at + 1], height);
        int x0 = Within(rectangles[at + 2], width), x1 = Within(rectangles[at + 3], width);
        bool any = y1 > y0 && x1 > x0;
        KeyRange range = new() { _gridWidth = width, _y0 = y0, _x0 = x0, _height = any ? y1 - y0 : 0, _width = any ? x1 - x0 : 0, _outside = outside };
        int inside = range._height * range._width;
        range.Count = outside != 0 ? (height * width) - inside : inside;
        return range;
    }

    /// <summary>The number of a point in the grid.</summary>
    public static int Token(KeyRange range, int index)
    {
        if (range._outside == 0)
        {
            return ((range._y0 + (index / range._width)) * range._gridWidth) + range._x0 + (index % range._width);
        }

        int beside = range._gridWidth - range._width, before = range._y0 * range._gridWidth;
        if (range._width == 0 || index < before)
        {
            return index;
        }

        if (index >= before + (beside * range._height))
        {
            return index + (range._width * range._height);
        }

        int column = (index - before) % beside;
        return ((range._y0 + ((index - before) / beside)) * range._gridWidth) + column + (column < range._x0 ? 0 : range._width);
    }

    /// <summary>Whether a rectangle holds a point.</summary>
    public static bool Holds(ArrayView<int> tiles, long at, int y, int x) =>
        y >= tiles[at] && y < tiles[at + 1] && x >= tiles[at + 2] && x < tiles[at + 3];

    private static int Within(int value, int end) => value < 0 ? 0 : value < end ? value : end;
}
