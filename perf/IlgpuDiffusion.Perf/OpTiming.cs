using System.Diagnostics;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Perf;

/// <summary>One op of the CPU device by itself, on values near 1.</summary>
internal sealed unsafe class OpTiming : IDisposable
{
    private readonly CpuDevice _device;
    private readonly List<DeviceMemory> _memory = [];
    private readonly Launch _launch;

    public OpTiming(CpuDevice device, Op op, params ReadOnlySpan<TensorType> inputs)
    {
        _device = device;
        TensorType result = op.Infer(inputs)[0];
        Operands operands = new(inputs, [result]);
        Work = op.Work(operands);
        Prepared prepared = device.Prepare(op, operands);
        List<Place> places = [];
        Random random = new(1);
        foreach (TensorType type in (TensorType[])[.. inputs, result])
        {
            DeviceMemory memory = Memory(type.Bytes, places, type.Shape.Channels, type.Type);
            for (long i = 0; i < type.Shape.Count && type.Type == ElementType.F32; i++)
            {
                ((float*)memory.Address)[i] = (float)((2 * random.NextDouble()) - 1);
            }
        }

        if (prepared.Scratch > 0)
        {
            Memory(prepared.Scratch, places, 1, ElementType.F32);
        }

        _launch = prepared.Bind(places.ToArray(), "timing");
    }

    public Work Work { get; }

    /// <summary>The median and the least time of runs that fill some time.</summary>
    public (double Median, double Least) Measure(TimeSpan duration)
    {
        // The first runs touch memory for the first time and are partly unoptimised code.
        for (double warm = 0; warm < 0.3;)
        {
            warm += Once();
        }

        List<double> times = [];
        long begin = Stopwatch.GetTimestamp();
        while (times.Count < 3 || Stopwatch.GetElapsedTime(begin) < duration)
        {
            times.Add(Once());
        }

        times.Sort();
        return (times[times.Count / 2], times[0]);
    }

    /// <summary>One run, in seconds.</summary>
    public double Once()
    {
        long start = Stopwatch.GetTimestamp();
        _launch.Run(default, CancellationToken.None);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public void Dispose()
    {
        foreach (DeviceMemory memory in _memory)
        {
            memory.Dispose();
        }
    }

    private DeviceMemory Memory(long bytes, List<Place> places, int stride, ElementType type)
    {
        DeviceMemory memory = _device.Allocate(bytes, "a measurement");
        _memory.Add(memory);
        places.Add(new Place(Space.Arena, memory.Address, stride, type));
        return memory;
    }
}
