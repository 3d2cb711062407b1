using System.Diagnostics;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing.Oracle;

/// <summary>An operand in the host's memory: element (b, h, w, c) lies RowStride elements a grid point, c past it.</summary>
internal readonly struct OracleTensor(nint address, Shape shape, int rowStride, ElementType type)
{
    public Shape Shape { get; } = shape;

    public ElementType Type { get; } = type;

    public double this[int b, int h, int w, int c]
    {
        get => Elements.Read(address, Index(b, h, w, c), Type);
        set => Elements.Write(address, Index(b, h, w, c), Type, value);
    }

    /// <summary>The element that broadcasts to (b, h, w, c) of a tensor with this many batch rows.</summary>
    public double At(int b, int h, int w, int c, int batch) =>
        this[b / (batch / Shape.Batch), Shape.Height == 1 ? 0 : h, Shape.Width == 1 ? 0 : w, Shape.Channels == 1 ? 0 : c];

    /// <summary>All elements, dense.</summary>
    public double[] ToArray()
    {
        double[] values = new double[Shape.Count];
        int rows = Shape.Rows;
        for (int row = 0; row < rows; row++)
        {
            for (int c = 0; c < Shape.Channels; c++)
            {
                values[((long)row * Shape.Channels) + c] = Elements.Read(address, ((long)row * rowStride) + c, Type);
            }
        }

        return values;
    }

    /// <summary>Sets every element from its indices.</summary>
    public void Fill(Func<int, int, int, int, double> value, CancellationToken cancellation = default)
    {
        for (int b = 0; b < Shape.Batch; b++)
        {
            for (int h = 0; h < Shape.Height; h++)
            {
                cancellation.ThrowIfCancellationRequested();
                for (int w = 0; w < Shape.Width; w++)
                {
                    for (int c = 0; c < Shape.Channels; c++)
                    {
                        Elements.Write(address, Index(b, h, w, c), Type, value(b, h, w, c));
                    }
                }
            }
        }
    }

    /// <summary>Copies elements as bytes, so that no NaN changes.</summary>
    public unsafe void CopyElement(int b, int h, int w, int c, in OracleTensor source, int sb, int sh, int sw, int sc)
    {
        Debug.Assert(source.Type == Type);
        int size = Type.Size();
        byte* to = (byte*)Address + (Index(b, h, w, c) * size);
        byte* from = (byte*)source.Address + (source.Index(sb, sh, sw, sc) * size);
        Buffer.MemoryCopy(from, to, size, size);
    }

    private nint Address => address;

    private long Index(int b, int h, int w, int c)
    {
        Debug.Assert((uint)b < (uint)Shape.Batch && (uint)h < (uint)Shape.Height && (uint)w < (uint)Shape.Width && (uint)c < (uint)Shape.Channels);
        return (((((long)b * Shape.Height) + h) * Shape.Width) + w) * rowStride + c;
    }
}
