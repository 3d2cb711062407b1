namespace IlgpuDiffusion.Graphs;

/// <summary>The sizes of an activation, channels last: a picture is its token sequence, text is [B, 1, T, C], a vector [B, 1, 1, C].</summary>
/// <param name="Batch">Images times branches.</param>
/// <param name="Height">Rows of the grid.</param>
/// <param name="Width">Columns of the grid.</param>
/// <param name="Channels">Values of one grid point, contiguous in memory.</param>
internal readonly record struct Shape(int Batch, int Height, int Width, int Channels)
{
    /// <summary>One number, [1, 1, 1, 1].</summary>
    public static Shape Scalar => new(1, 1, 1, 1);

    /// <summary>The number of values.</summary>
    public long Count => (long)Batch * Height * Width * Channels;

    /// <summary>The number of grid points over the batch: B·H·W.</summary>
    public int Rows => checked(Batch * Height * Width);

    /// <summary>Grid points of one image: H·W.</summary>
    public int Tokens => checked(Height * Width);

    /// <summary>A vector over channels, [1, 1, 1, C].</summary>
    public static Shape Vector(int channels) => new(1, 1, 1, channels);

    /// <summary>A matrix, [1, 1, rows, columns]: the weight of a linear layer is [1, 1, N, K].</summary>
    public static Shape Matrix(int rows, int columns) => new(1, 1, rows, columns);

    /// <inheritdoc/>
    public override string ToString() => $"[{Batch}, {Height}, {Width}, {Channels}]";

    /// <summary>Whether a value of this shape can stand where <paramref name="other"/> is wanted: grid and channels equal or 1, batch a divisor (row b uses b / (B/R)).</summary>
    public bool BroadcastsTo(Shape other) =>
        Fits(Height, other.Height) && Fits(Width, other.Width) && Fits(Channels, other.Channels) && other.Batch % Batch == 0;

    private static bool Fits(int mine, int theirs) => mine == theirs || mine == 1;
}
