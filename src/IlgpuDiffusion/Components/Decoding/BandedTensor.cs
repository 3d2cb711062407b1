using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Components;

/// <summary>A picture's F32 tensor [1, H, W, C] on a device in bands of rows, each in memory of its own from when it is written until nobody needs it.</summary>
internal sealed class BandedTensor(Device device, Grid grid, int channels, string purpose) : IDisposable
{
    private const long BandBytes = 32 << 20;

    private readonly DeviceMemory?[] _bands = new DeviceMemory?[Bands(grid, channels)];

    /// <summary>Its grid.</summary>
    public Grid Grid => grid;

    /// <summary>Its channels.</summary>
    public int Channels => channels;

    private static int PointBytes(int channels) => channels * sizeof(float);

    // Small enough that the one which is begun while another is not given back counts for little.
    private static int RowsOfBand(Grid grid, int channels) => (int)Math.Clamp(BandBytes / ((long)grid.Width * PointBytes(channels)), 1, Math.Max(1, grid.Height / 16));

    private static int Bands(Grid grid, int channels) => (grid.Height + RowsOfBand(grid, channels) - 1) / RowsOfBand(grid, channels);

    /// <summary>Bytes of the bands that hold some rows of a tensor.</summary>
    public static long Bytes(Grid grid, int channels, int from, int to)
    {
        int rows = RowsOfBand(grid, channels);
        return (Math.Min(grid.Height, (to + rows - 1) / rows * rows) - (from / rows * rows)) * (long)grid.Width * PointBytes(channels);
    }

    /// <summary>Copies a rectangle to a dense tensor of its size.</summary>
    public void Read(Window from, nint target)
    {
        long row = (long)from.Columns * PointBytes(channels);
        for (int y = 0; y < from.Rows; y++)
        {
            device.Copy(Address(from.Top + y, from.Left, _ => throw new InvalidOperationException($"Row {from.Top + y} is not there.")), target + (nint)(y * row), row);
        }
    }

    /// <summary>Copies a rectangle from inside a dense tensor.</summary>
    /// <param name="to">Where it comes to lie.</param>
    /// <param name="source">The tensor.</param>
    /// <param name="columns">Columns of the tensor.</param>
    /// <param name="top">The rectangle's first row in the tensor.</param>
    /// <param name="left">Its first column there.</param>
    public void Write(Window to, nint source, int columns, int top, int left)
    {
        for (int y = 0; y < to.Rows; y++)
        {
            nint from = source + (nint)((((long)(top + y) * columns) + left) * PointBytes(channels));
            device.Copy(from, Address(to.Top + y, to.Left, bytes => device.Allocate(bytes, purpose)), (long)to.Columns * PointBytes(channels));
        }
    }

    /// <summary>Gives back the bands that end before a row.</summary>
    public void FreeBefore(int row)
    {
        for (int band = 0; band < _bands.Length && (band + 1) * RowsOfBand(grid, channels) <= row; band++)
        {
            _bands[band]?.Dispose();
            _bands[band] = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => FreeBefore(int.MaxValue);

    private nint Address(int row, int column, Func<long, DeviceMemory> missing)
    {
        (int band, int within) = Math.DivRem(row, RowsOfBand(grid, channels));
        long rows = Math.Min(RowsOfBand(grid, channels), grid.Height - (band * RowsOfBand(grid, channels)));
        DeviceMemory memory = _bands[band] ??= missing(rows * grid.Width * PointBytes(channels));
        return memory.Address + (nint)((((long)within * grid.Width) + column) * PointBytes(channels));
    }
}

/// <summary>A rectangle of a grid.</summary>
internal readonly record struct Window(int Top, int Left, int Rows, int Columns)
{
    /// <summary>The same on a grid so many times finer.</summary>
    public Window Times(int scale) => new(Top * scale, Left * scale, Rows * scale, Columns * scale);
}
