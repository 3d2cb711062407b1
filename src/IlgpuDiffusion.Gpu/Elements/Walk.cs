namespace IlgpuDiffusion.Gpu;

/// <summary>
/// How work items go over a result [B, H, W, C] in lines, runs of elements that are contiguous or constant in every operand. An item takes
/// <see cref="Lines"/> lines, or a run of <see cref="Run"/> elements of one, eight at a time.
/// </summary>
internal struct Walk
{
    public int Items;
    public int Count;
    public int Length;
    public int Lines;
    public int Run;
    public int RunsPerLine;
    public int Width;
    public int Height;
    public Divisor ByRuns;
    public Divisor ByWidth;
    public Divisor ByHeight;
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
    public readonly int Start(int b, int y, int x) => Offset + (ByImages.Divide(b) * Batch) + (y * Height) + (x * Width);
}
