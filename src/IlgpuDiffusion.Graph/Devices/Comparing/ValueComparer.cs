using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Graphs.Devices.Comparing;

/// <summary>Reads a result from both devices in pieces, measures how far they are apart, and gives the second the first's where devices are compared launch by launch.</summary>
internal sealed class ValueComparer(ComparingDevice device, TensorType type, int rowStride, AddressPair at)
{
    // Bytes of a piece: large copies for GPUs, little memory.
    private const int Piece = 16 << 20;

    private readonly Shape _shape = type.Shape;
    private readonly int _size = type.Type.Size();
    private double _differences;
    private double _squares;
    private double _peak;
    private double _largest;
    private long _where;
    private (double First, double Second) _there;

    /// <summary>Compares the whole result.</summary>
    public LaunchComparison Run(string op, string path, int run, int output)
    {
        // Rows that lie apart are read one by one; others are one row.
        bool dense = rowStride == _shape.Channels;
        long rows = dense ? 1 : _shape.Rows;
        long elements = dense ? _shape.Count : _shape.Channels;
        int most = Piece / _size;
        byte[] a = new byte[(int)Math.Min(elements, most) * _size], b = new byte[a.Length];
        for (long row = 0; row < rows; row++)
        {
            for (long done = 0; done < elements; done += most)
            {
                int bytes = (int)Math.Min(most, elements - done) * _size;
                AddressPair from = at.Plus(((row * rowStride) + done) * _size);
                device.First.Download(from.First, a.AsSpan(0, bytes));
                device.Second.Download(from.Second, b.AsSpan(0, bytes));
                if (!a.AsSpan(0, bytes).SequenceEqual(b.AsSpan(0, bytes)) && device.IsIsolated)
                {
                    device.Second.Upload(from.Second, a.AsSpan(0, bytes));
                }

                Add(a.AsSpan(0, bytes), b.AsSpan(0, bytes), (row * elements) + done);
            }
        }

        double scale = Math.Sqrt(_squares / Math.Max(1, _shape.Count));
        return new LaunchComparison(op, path, run, output, type, Ratio(Math.Sqrt(_differences), Math.Sqrt(_squares)), Ratio(_peak, scale), _largest, Index(), _there.First, _there.Second);
    }

    private static double Ratio(double part, double whole) => part == 0 ? 0 : part / whole;

    private void Add(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, long start)
    {
        switch (type.Type)
        {
            case ElementType.F32:
                Add<float>(first, second, start, value => value);
                break;
            case ElementType.F64:
                Add<double>(first, second, start, value => value);
                break;
            case ElementType.F16:
                Add<Half>(first, second, start, value => (double)value);
                break;
            case ElementType.BF16:
                Add<ushort>(first, second, start, value => BitConverter.Int32BitsToSingle(value << 16));
                break;
            case ElementType.I32:
                Add<int>(first, second, start, value => value);
                break;
            default:
                throw new NotSupportedException($"Results of {type} are not compared.");
        }
    }

    private void Add<T>(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, long start, Func<T, double> number)
        where T : unmanaged
    {
        ReadOnlySpan<T> a = MemoryMarshal.Cast<byte, T>(first), b = MemoryMarshal.Cast<byte, T>(second);
        for (int i = 0; i < a.Length; i++)
        {
            Add(number(a[i]), number(b[i]), start + i);
        }
    }

    private void Add(double a, double b, long index)
    {
        // Equal infinities are no difference: a bias of −∞ hides keys. Nor is what neither could compute.
        bool same = a.Equals(b);
        double difference = same ? 0 : double.IsFinite(a) && double.IsFinite(b) ? Math.Abs(a - b) : double.PositiveInfinity;
        _squares += double.IsFinite(a) ? a * a : 0;
        _differences += difference * difference;
        _peak = Math.Max(_peak, difference);
        double relative = double.IsFinite(difference) ? difference / (1 + Math.Abs(b)) : difference;
        if (relative > _largest)
        {
            (_largest, _where, _there) = (relative, index, (a, b));
        }
    }

    private string Index()
    {
        (long row, long channel) = Math.DivRem(_where, Math.Max(1, _shape.Channels));
        return $"[{row / _shape.Tokens}, {row % _shape.Tokens / _shape.Width}, {row % _shape.Width}, {channel}]";
    }
}
