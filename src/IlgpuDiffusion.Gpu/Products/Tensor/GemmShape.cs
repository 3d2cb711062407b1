using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>Sizes of C [M, N] = A [M, K] · W [N, K]ᵀ, of A as a convolution's picture, and what happens to C before it is written.</summary>
internal struct GemmShape
{
    /// <summary>Rows of A and C.</summary>
    public int M;

    /// <summary>Rows of W; columns of C unless <see cref="Gated"/>.</summary>
    public int N;

    /// <summary>Columns of A and W.</summary>
    public int K;

    /// <summary>Chunks of eight numbers from a row of A to the next; for a picture, of a pixel.</summary>
    public int StrideA;

    /// <summary>Chunks from a row of W to the next.</summary>
    public int StrideW;

    /// <summary>Numbers from a row of C to the next.</summary>
    public int StrideC;

    /// <summary>Numbers from a row of the residual to the next.</summary>
    public int StrideResidual;

    /// <summary>1 if C and the residual may be read and written four numbers at a time: rows begin at multiples of four.</summary>
    public int Fours;

    /// <summary>Steps of <see cref="GemmTile.Depth"/> columns of K that a group adds, those of its number along Y; 0 for all of K.</summary>
    public int Steps;

    /// <summary>Groups along M.</summary>
    public int TilesM;

    /// <summary>Groups along N.</summary>
    public int TilesN;

    /// <summary>1 if a bias [N] is added.</summary>
    public int HasBias;

    /// <summary>Rows of C that share a row of the row bias, or 0 if there is none.</summary>
    public int RowsPerRowBias;

    /// <summary>Numbers from a row of the row bias to the next.</summary>
    public int StrideRowBias;

    /// <summary>1 if W's first half gives values and its second gates.</summary>
    public int Gated;

    /// <summary>1 if the residual is added.</summary>
    public int HasResidual;

    /// <summary>Applied to the sum, or the gate.</summary>
    public Activation Activation;

    /// <summary>The picture that A's rows are taken from.</summary>
    public PictureShape Picture;

    /// <summary>Columns of C.</summary>
    public readonly int Outputs => Gated != 0 ? N / 2 : N;

    /// <summary>Whether A's rows are taken from a picture.</summary>
    public readonly bool IsPicture => Picture.KernelWidth != 0;

    /// <summary>Whether they are, and it is resized first.</summary>
    public readonly bool IsResized => IsPicture && (Picture.GridHeight != Picture.Height || Picture.GridWidth != Picture.Width);
}

/// <summary>How a convolution's rows lie in its input [B, Height, Width, Channels].</summary>
internal struct PictureShape
{
    /// <summary>Rows of the source.</summary>
    public int Height;

    /// <summary>Columns of the source.</summary>
    public int Width;

    /// <summary>The last row of the grid that the kernel slides over.</summary>
    public int LastRow;

    /// <summary>Its last column.</summary>
    public int LastColumn;

    /// <summary>Rows of the result.</summary>
    public int ResultHeight;

    /// <summary>Columns of the result.</summary>
    public int ResultWidth;

    /// <summary>Chunks of eight channels.</summary>
    public int Chunks;

    /// <summary>Columns of the kernel.</summary>
    public int KernelWidth;

    /// <summary>Step in both directions.</summary>
    public int Stride;

    /// <summary>Rows of zeros above.</summary>
    public int Top;

    /// <summary>Columns of zeros to the left.</summary>
    public int Left;

    /// <summary>Source rows a row of the grid, times 2^32, rounded up; of a resize only.</summary>
    public ulong RowFactor;

    /// <summary>Likewise columns.</summary>
    public ulong ColumnFactor;

    /// <summary>Rows of the grid that the kernel slides over: those of the source, or of a nearest-neighbour resize (up to 32767).</summary>
    public int GridHeight
    {
        readonly get => LastRow + 1;
        set => LastRow = value - 1;
    }

    /// <summary>Columns of that grid.</summary>
    public int GridWidth
    {
        readonly get => LastColumn + 1;
        set => LastColumn = value - 1;
    }

    /// <summary>What <see cref="RowFactor"/> and <see cref="ColumnFactor"/> are.</summary>
    public static ulong Factor(int source, int grid) => (((ulong)source << 32) + (ulong)grid - 1) / (ulong)grid;
}
