namespace IlgpuDiffusion.Gpu;

/// <summary>
/// How work items go over a result [B, H, W, C] in lines, elements that are contiguous or constant in every operand. An item takes some lines, or a run of one, eight
/// elements at a time.
/// </summary>
internal struct Walk
{
    public LineRuns Runs;
    public int Width;
    public int Height;
    public Divisor ByWidth;
    public Divisor ByHeight;

    /// <summary>Where a line lies.</summary>
    public readonly LinePoint At(int line)
    {
        int rest = ByWidth.Divide(line), image = ByHeight.Divide(rest);
        return new LinePoint { Image = image, Row = rest - (image * Height), Column = line - (rest * Width) };
    }
}

/// <summary>A line's place in the grid of lines.</summary>
internal struct LinePoint
{
    public int Image;
    public int Row;
    public int Column;
}

/// <summary>Elements from one image, grid row and grid column of an operand to the next (0 where it is broadcast), and how a line is read.</summary>
internal struct Steps
{
    public int Batch;
    public int Height;
    public int Width;
    public int Offset;

    /// <summary><see cref="Octets.Constant"/>, <see cref="Octets.Single"/> or <see cref="Octets.Wide"/>.</summary>
    public int Way;
    public Divisor ByImages;

    /// <summary>Elements in front of a line.</summary>
    public readonly int Start(LinePoint line) => Offset + (ByImages.Divide(line.Image) * Batch) + (line.Row * Height) + (line.Column * Width);
}
