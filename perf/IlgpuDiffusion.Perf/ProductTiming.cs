using System.Diagnostics;
using System.Runtime.InteropServices;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf;

/// <summary>One product with operands of random numbers and a packed weight, or several weights that take turns, so that they come from memory.</summary>
internal sealed unsafe class ProductTiming : IDisposable
{
    private readonly List<(nint Address, long Bytes)> _memories = [];
    private readonly Launch[] _launches;
    private int _next;

    public ProductTiming(WorkerPool pool, Op op, Shape x, Shape weight, ElementType type, ConvolutionMethod? method = null, int weights = 1)
    {
        Shape result = op is Conv2d conv ? x with { Height = conv.Source(x).Height, Width = conv.Source(x).Width, Channels = weight.Batch } : x with { Channels = ((Linear)op).Epilogue.Gated ? weight.Width / 2 : weight.Width };
        (Prologue prologue, Epilogue epilogue) = op is Conv2d c ? (c.Prologue, c.Epilogue) : (((Linear)op).Prologue, ((Linear)op).Epilogue);
        int rows = op is Conv2d ? weight.Batch : weight.Width;
        List<TensorType> types = [new(x), new(weight, type)];
        if (prologue == Prologue.LayerNorm)
        {
            types.AddRange([new(x with { Channels = 2 }), new(Shape.Vector(x.Channels)), new(Shape.Vector(x.Channels))]);
        }
        else if (prologue != Prologue.None)
        {
            types.Add(new(new Shape(x.Batch, 1, 1, 2 * x.Channels)));
        }

        if (epilogue.Bias)
        {
            types.Add(new(Shape.Vector(rows)));
        }

        if (epilogue.RowBias)
        {
            types.Add(new(new Shape(x.Batch, 1, 1, rows)));
        }

        if (epilogue.Residual)
        {
            types.Add(new(result));
        }

        types[1] = types[1] with { Layout = Prepare(pool, op, types, result, method).Layout(1) };
        Prepared prepared = Prepare(pool, op, types, result, method);
        List<Place> places = [.. types.Select(t => Allocate(t)), Allocate(new TensorType(result)), Allocate(new TensorType(Shape.Vector((int)(prepared.Scratch / 4) + 1)))];
        _launches = new Launch[weights];
        for (int i = 0; i < weights; i++)
        {
            places[1] = i == 0 ? places[1] : Allocate(types[1]);
            _launches[i] = prepared.Bind(places.ToArray(), "timing");
        }

        Flops = op.Work(new Operands(types.ToArray(), [new TensorType(result)])).Flops;
    }

    public double Flops { get; }

    /// <summary>Bytes of a weight packed in a second of processor time.</summary>
    public static double PackingRate(WorkerPool pool, Shape shape, ElementType type)
    {
        Panels layout = new(shape.Batch > 1, false);
        nint source = (nint)NativeMemory.AllocZeroed((nuint)(shape.Count * type.Size())), target = (nint)NativeMemory.AllocZeroed((nuint)layout.Bytes(shape, type));
        PackJob job = new(layout.Size(shape), type) { Source = (byte*)source, Target = (byte*)target };
        pool.Run(job, job.Tasks, CancellationToken.None);
        TimeSpan before = Environment.CpuUsage.TotalTime;
        const int repeats = 10;
        for (int i = 0; i < repeats; i++)
        {
            pool.Run(job, job.Tasks, CancellationToken.None);
        }

        double seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        NativeMemory.Free((void*)source);
        NativeMemory.Free((void*)target);
        return repeats * shape.Count * type.Size() / seconds;
    }

    /// <summary>
    /// The median time of a run in seconds, the median share of the peak that a register-only loop reached just before and just after it
    /// (a shared machine changes its speed by the second), and the median of that peak. Two runs that do not count come first.
    /// </summary>
    public (double Median, double Share, double Peak) Measure(WorkerPool pool, TimeSpan span)
    {
        List<double> times = [], shares = [], peaks = [];
        long begin = Stopwatch.GetTimestamp();
        double before = 0;
        for (int i = 0; times.Count < 5 || shares.Count == 0 || Stopwatch.GetElapsedTime(begin) < span; i++)
        {
            long start = Stopwatch.GetTimestamp();
            _launches[_next++ % _launches.Length].Run(default, CancellationToken.None);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds, after = FmaPeak.MeasureOnce(pool);
            if (i >= 2)
            {
                times.Add(seconds);
                if (Math.Abs(after - before) < 0.03 * before || (shares.Count == 0 && Stopwatch.GetElapsedTime(begin) > span))
                {
                    shares.Add(Flops / seconds / Math.Max(before, after));
                    peaks.Add(after);
                }
            }

            before = after;
        }

        return (Statistics.Median(times), Statistics.Median(shares), Statistics.Median(peaks));
    }

    public void Dispose() => _memories.ForEach(m => HugePages.Free((void*)m.Address, m.Bytes));

    private static Prepared Prepare(WorkerPool pool, Op op, List<TensorType> types, Shape result, ConvolutionMethod? method)
    {
        Operands operands = new(types.ToArray(), [new TensorType(result)]);
        return op is Conv2d convolution ? Products.Conv2d(pool, convolution, operands, method) : Products.Linear(pool, (Linear)op, operands);
    }

    private Place Allocate(TensorType type)
    {
        void* memory = HugePages.Allocate(type.Bytes, true);
        _memories.Add(((nint)memory, type.Bytes));
        Random random = new(1);
        Span<byte> bytes = new(memory, (int)type.Bytes);
        if (type.Type == ElementType.F32)
        {
            foreach (ref float value in MemoryMarshal.Cast<byte, float>(bytes))
            {
                value = random.NextSingle() - 0.5f;
            }
        }
        else
        {
            foreach (ref ushort value in MemoryMarshal.Cast<byte, ushort>(bytes))
            {
                value = BitConverter.HalfToUInt16Bits((Half)((random.NextSingle() - 0.5f) * 0.1f));
            }
        }

        return new Place(Space.Arena, (nint)memory, type.Shape.Channels, type.Type);
    }
}
