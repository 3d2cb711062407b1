using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>
/// Times one launch of a compiled network by itself, with tables that are valid and other operands near 0. Of an attention that would take too long a part
/// of the queries is taken, whose number its time grows with.
/// </summary>
internal sealed class LaunchTimer(Device device)
{
    // More is divided; a part is still many tasks.
    private const double MostFlops = 2e12;

    private const int MostRuns = 9, Chunk = 1 << 20;

    /// <summary>For how long short launches are repeated.</summary>
    public TimeSpan Filled { get; init; } = TimeSpan.FromSeconds(0.2);

    /// <summary>A run that takes longer is not repeated.</summary>
    public TimeSpan Once { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>The median seconds of a launch.</summary>
    public double Seconds(LaunchReport launch, CancellationToken cancellation = default)
    {
        Op op = launch.Operation;
        TensorType[] inputs = [.. launch.Inputs];
        int parts = 1;
        while (op is Attention { Tiled: false } && launch.Work.Flops / parts > MostFlops && inputs[0].Shape.Height % 2 == 0)
        {
            inputs[0] = inputs[0] with { Shape = inputs[0].Shape with { Height = inputs[0].Shape.Height / 2 } };
            parts *= 2;
        }

        List<DeviceMemory> memory = [];
        try
        {
            return parts * Measure(op, inputs, memory, cancellation);
        }
        finally
        {
            memory.ForEach(block => block.Dispose());
        }
    }

    private double Measure(Op op, TensorType[] inputs, List<DeviceMemory> memory, CancellationToken cancellation)
    {
        TensorType[] outputs = op.Infer(inputs);
        Prepared prepared = device.Prepare(op, new Operands(inputs, outputs));
        List<Place> places = [];
        void Add(long bytes, int stride, ElementType type)
        {
            memory.Add(device.Allocate(bytes, "a measurement"));
            places.Add(new Place(Space.Arena, memory[^1].Address, stride, type));
        }

        foreach (TensorType type in inputs.Concat(outputs))
        {
            Add(type.Bytes, type.Shape.Channels, type.Type);
        }

        for (int i = 0; i < inputs.Length; i++)
        {
            Upload(memory[i].Address, TimedOperand.Fill(op, i, inputs), inputs[i].Bytes);
        }

        if (prepared.Scratch > 0)
        {
            Add(prepared.Scratch, 1, ElementType.U8);
        }

        Launch launch = prepared.Bind(places.ToArray(), "timing");
        using DeviceClock clock = device.CreateClock();
        List<double> times = [];
        for (double all = 0; times.Count < 2 || (all < Filled.TotalSeconds && times.Count < MostRuns);)
        {
            cancellation.ThrowIfCancellationRequested();
            clock.Tick();
            launch.Run(default, cancellation);
            clock.Tick();
            double seconds = clock.Read()[0].TotalSeconds;
            all += seconds;
            times.Add(seconds);
            if (seconds > Once.TotalSeconds)
            {
                break;
            }
        }

        // The first run touches memory for the first time.
        double[] sorted = [.. (times.Count == 1 ? times : times.Skip(1)).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private void Upload(nint target, byte[] numbers, long bytes)
    {
        // What has no numbers of its own is 0: packed weights, for one.
        byte[] chunk = numbers.Length > 0 ? numbers : new byte[Math.Min(bytes, Chunk)];
        for (long done = 0; done < bytes; done += chunk.Length)
        {
            device.Upload(target + (nint)done, chunk.AsSpan(0, (int)Math.Min(chunk.Length, bytes - done)));
        }
    }
}
