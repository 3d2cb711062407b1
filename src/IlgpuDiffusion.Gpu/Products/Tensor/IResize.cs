namespace IlgpuDiffusion.Gpu;

/// <summary>Which row or column of the source a row or column of a convolution's grid is.</summary>
internal interface IResize
{
    /// <summary>The source's.</summary>
    /// <param name="at">A row or column of the grid.</param>
    /// <param name="factor">The source's for one of the grid, times 2^32, rounded up.</param>
    static abstract int Source(int at, ulong factor);
}

/// <summary>The grid is the source.</summary>
internal struct NoResize : IResize
{
    public static int Source(int at, ulong factor) => at;
}

/// <summary>⌊at · source / grid⌋ without a division: exact for grids and pictures of up to 65535 rows and columns.</summary>
internal struct NearestResize : IResize
{
    public static int Source(int at, ulong factor) => (int)((uint)at * factor >> 32);
}
