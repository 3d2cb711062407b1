using System.Diagnostics;
using System.Runtime.InteropServices;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf;

/// <summary>One product with operands of random numbers and a packed weight.</summary>
internal sealed unsafe class ProductTiming : IDisposable
{
    private readonly List<nint> _memories = [];
    private readonly Launch _launch;

    public ProductTiming(WorkerPool pool, Op op, Shape x, Shape weight, ElementType type)
    {
        Shape result = op is Conv2d ? x with { Channels = weight.Batch } : x with { Channels = ((Linear)op).Epilogue.Gated ? weight.Width / 2 : weight.Width };
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

        types[1] = types[1] with { Layout = Prepare(pool, op, types, result).Layout(1) };
        Prepared prepared = Prepare(pool, op, types, result);
        List<Place> places = [.. types.Select(t => Allocate(t)), Allocate(new TensorType(result)), Allocate(new TensorType(Shape.Vector((int)(prepared.Scratch / 4) + 1)))];
        _launch = prepared.Bind(places.ToArray(), "timing");
        Flops = op.Work(new Operands(types.ToArray(), [new TensorType(result)])).Flops;
    }

    public double Flops { get; }

    /// <summary>The median and the least of the runs in a span of time, in seconds, after two that do not count; on a busy machine the least says more.</summary>
    public (double Median, double Least) Measure(TimeSpan span)
    {
        List<double> times = [];
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; times.Count < 5 || Stopwatch.GetElapsedTime(begin) < span; i++)
        {
            long start = Stopwatch.GetTimestamp();
            _launch.Run(default, CancellationToken.None);
            if (i >= 2)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }

        times.Sort();
        return (times[times.Count / 2], times[0]);
    }

    public void Dispose() => _memories.ForEach(m => NativeMemory.AlignedFree((void*)m));

    private static Prepared Prepare(WorkerPool pool, Op op, List<TensorType> types, Shape result)
    {
        Operands operands = new(types.ToArray(), [new TensorType(result)]);
        return op is Conv2d convolution ? Products.Conv2d(pool, convolution, operands) : Products.Linear(pool, (Linear)op, operands);
    }

    private Place Allocate(TensorType type)
    {
        void* memory = NativeMemory.AlignedAlloc((nuint)type.Bytes, 2 << 20);
        _memories.Add((nint)memory);
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
