namespace IlgpuDiffusion.Gpu.Tensor;

/// <summary>Which stored row or column a row or column of a convolution's grid is.</summary>
internal interface IResize
{
    /// <summary>The stored one.</summary>
    /// <param name="at">A row or column of the grid.</param>
    /// <param name="factor">Stored ones for one of the grid, times 2^32, rounded up.</param>
    static abstract int Stored(int at, ulong factor);
}

/// <summary>The grid is stored.</summary>
internal struct NoResize : IResize
{
    public static int Stored(int at, ulong factor) => at;
}

/// <summary>⌊at · stored / grid⌋ without a division: exact for grids and pictures of up to 65535 rows and columns.</summary>
internal struct NearestResize : IResize
{
    public static int Stored(int at, ulong factor) => (int)((uint)at * factor >> 32);
}
