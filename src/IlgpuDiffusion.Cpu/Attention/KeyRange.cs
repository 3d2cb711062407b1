using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>A rectangle of a grid, ends excluded; one that is empty has no points.</summary>
internal readonly record struct Rectangle(int Y0, int Y1, int X0, int X1)
{
    public int Width => Math.Max(0, X1 - X0);

    public int Height => Math.Max(0, Y1 - Y0);

    public int Area => Width * Height;

    /// <summary>Reads tile <paramref name="index"/> of [1, 1, T, 4].</summary>
    public static unsafe Rectangle Read(int* tiles, nint stride, int index)
    {
        int* at = tiles + (index * stride);
        return new Rectangle(at[0], at[1], at[2], at[3]);
    }

    public bool IsWithin(Grid grid) => Area == 0 || (Y0 >= 0 && X0 >= 0 && Y1 <= grid.Height && X1 <= grid.Width);
}

/// <summary>Grid points inside a rectangle, or all those outside it, row by row.</summary>
internal readonly record struct KeyRange(Grid Grid, Rectangle Rectangle, bool Outside)
{
    /// <summary>How many points there are.</summary>
    public int Count => Outside ? (Grid.Height * Grid.Width) - Rectangle.Area : Rectangle.Area;

    /// <summary>Writes the numbers of some points.</summary>
    public unsafe void Fill(int start, int count, int* tokens)
    {
        // Whole rows of the grid, the usual case, need no division for each point.
        bool rows = !Outside && Rectangle.Width == Grid.Width;
        int first = Rectangle.Y0 * Grid.Width;
        for (int i = 0; i < count; i++)
        {
            tokens[i] = rows ? first + start + i : Token(start + i);
        }
    }

    private int Token(int index)
    {
        (int width, int height) = (Rectangle.Width, Rectangle.Height);
        if (!Outside)
        {
            return ((Rectangle.Y0 + (index / width)) * Grid.Width) + Rectangle.X0 + (index % width);
        }

        if (Rectangle.Area == 0)
        {
            return index;
        }

        int before = Rectangle.Y0 * Grid.Width, beside = Grid.Width - width;
        if (index < before)
        {
            return index;
        }

        if (index >= before + (beside * height))
        {
            return index + Rectangle.Area;
        }

        (int row, int column) = Math.DivRem(index - before, beside);
        return ((Rectangle.Y0 + row) * Grid.Width) + column + (column < Rectangle.X0 ? 0 : width);
    }
}
