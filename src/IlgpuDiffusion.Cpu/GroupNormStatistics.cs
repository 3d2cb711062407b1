using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared GroupNormStatistics(GroupNormStatistics op, in Operands operands)
    {
        Shape shape = operands.Inputs[0].Shape;
        long scratch = (long)shape.Batch * GroupNormLaunch.SlotsPerImage(shape) * 2 * shape.Channels * sizeof(double);
        return new CpuPrepared(op.Work(operands), (places, path) => new GroupNormLaunch(pool, path, places, shape, op), scratch);
    }

    /// <summary>
    /// First Σx and Σx² per channel in double precision, one slot for a number of grid points that the shape of an image decides;
    /// then the slots in order, and the channels of a group in order.
    /// </summary>
    private sealed unsafe class GroupNormLaunch(WorkerPool pool, string path, Place[] places, Shape shape, GroupNormStatistics op)
        : ParallelLaunch(pool, path, places, 0)
    {
        private readonly int _slots = SlotsPerImage(shape);
        private bool _combine;

        public static int SlotsPerImage(Shape shape) => (shape.Tokens + SlotTokens(shape) - 1) / SlotTokens(shape);

        protected override void Start(CancellationToken cancellation)
        {
            _combine = false;
            RunTasks(shape.Batch * _slots, cancellation);
            _combine = true;
            RunTasks(shape.Batch, cancellation);
        }

        protected override void Execute(int task, byte* scratch)
        {
            if (_combine)
            {
                Combine(task);
                return;
            }

            (int image, int slot) = Math.DivRem(task, _slots);
            int start = slot * SlotTokens(shape), tokens = Math.Min(SlotTokens(shape), shape.Tokens - start);
            float* x = Floats(0) + ((((nint)image * shape.Tokens) + start) * Stride(0));
            double* sums = (double*)Bytes(4) + ((nint)task * 2 * shape.Channels);
            new Span<double>(sums, 2 * shape.Channels).Clear();
            ChannelSums.Add(x, Stride(0), tokens, shape.Channels, sums, sums + shape.Channels);
        }

        private static int SlotTokens(Shape shape) => Math.Max(1, 65536 / shape.Channels);

        private void Combine(int image)
        {
            int channels = shape.Channels, perGroup = channels / op.Groups;
            double count = (double)shape.Tokens * perGroup;
            double* slots = (double*)Bytes(4) + ((nint)image * _slots * 2 * channels);
            float* gamma = Floats(1), beta = Floats(2), y = Floats(3) + (image * Stride(3));
            for (int first = 0; first < channels; first += perGroup)
            {
                double sum = 0, squares = 0;
                for (int c = first; c < first + perGroup; c++)
                {
                    for (int slot = 0; slot < _slots; slot++)
                    {
                        double* at = slots + ((nint)slot * 2 * channels) + c;
                        sum += at[0];
                        squares += at[channels];
                    }
                }

                GroupFactors.Write(op.Epsilon, sum, squares, count, first, perGroup, channels, gamma, beta, y);
            }
        }
    }
}

/// <summary>A group's mean and variance as factors and summands of its channels.</summary>
internal static unsafe class GroupFactors
{
    /// <summary>Writes γ/√(var+ε) and β − mean·γ/√(var+ε) of the channels of one group.</summary>
    public static void Write(double epsilon, double sum, double squares, double count, int first, int perGroup, int channels, float* gamma, float* beta, float* y)
    {
        double mean = sum / count;
        double factor = 1 / Math.Sqrt(Math.Max(0, (squares / count) - (mean * mean)) + epsilon);
        for (int c = first; c < first + perGroup; c++)
        {
            y[c] = (float)(gamma[c] * factor);
            y[channels + c] = (float)(beta[c] - (mean * gamma[c] * factor));
        }
    }
}

/// <summary>Σx and Σx² over grid points for each channel, in double precision: products of two floats are exact there, so all widths give the same bits.</summary>
internal static unsafe class ChannelSums
{
    /// <summary>Adds some grid points, <paramref name="stride"/> floats apart, in their order.</summary>
    public static void Add(float* x, nint stride, nint points, int channels, double* sums, double* squares)
    {
        int c = 0;
        if (Simd.Level == SimdLevel.Vector512)
        {
            for (; c <= channels - 32; c += 32)
            {
                Wide(x + c, stride, points, sums + c, squares + c);
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; c <= channels - 8; c += 8)
            {
                Narrow(x + c, stride, points, sums + c, squares + c);
            }
        }

        for (; c < channels; c++)
        {
            double sum = sums[c], square = squares[c];
            for (nint i = 0; i < points; i++)
            {
                double value = x[(i * stride) + c];
                sum += value;
                square += value * value;
            }

            sums[c] = sum;
            squares[c] = square;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide(float* x, nint stride, nint points, double* sums, double* squares)
    {
        Vector512<double> s0 = Vector512.Load(sums), s1 = Vector512.Load(sums + 8), s2 = Vector512.Load(sums + 16), s3 = Vector512.Load(sums + 24);
        Vector512<double> q0 = Vector512.Load(squares), q1 = Vector512.Load(squares + 8), q2 = Vector512.Load(squares + 16), q3 = Vector512.Load(squares + 24);
        for (nint i = 0; i < points; i++, x += stride)
        {
            (Vector512<double> a, Vector512<double> b) = Vector512.Widen(Vector512.Load(x));
            (Vector512<double> c, Vector512<double> d) = Vector512.Widen(Vector512.Load(x + 16));
            s0 += a;
            s1 += b;
            s2 += c;
            s3 += d;
            q0 += a * a;
            q1 += b * b;
            q2 += c * c;
            q3 += d * d;
        }

        s0.Store(sums);
        s1.Store(sums + 8);
        s2.Store(sums + 16);
        s3.Store(sums + 24);
        q0.Store(squares);
        q1.Store(squares + 8);
        q2.Store(squares + 16);
        q3.Store(squares + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow(float* x, nint stride, nint points, double* sums, double* squares)
    {
        Vector256<double> s0 = Vector256.Load(sums), s1 = Vector256.Load(sums + 4), q0 = Vector256.Load(squares), q1 = Vector256.Load(squares + 4);
        for (nint i = 0; i < points; i++, x += stride)
        {
            (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Vector256.Load(x));
            s0 += a;
            s1 += b;
            q0 += a * a;
            q1 += b * b;
        }

        s0.Store(sums);
        s1.Store(sums + 4);
        q0.Store(squares);
        q1.Store(squares + 4);
    }
}
