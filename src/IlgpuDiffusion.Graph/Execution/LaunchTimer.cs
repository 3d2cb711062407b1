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

    // Among others a launch finds its weights where they were left an evaluation ago, not in the caches nearest to it: every run takes another copy of them, as far as that is not too much.
    private const long MostCopied = 24 << 20;

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
        long weights = inputs.Where(type => type.Layout is not null).Sum(type => type.Bytes);
        Launch[] launches = new Launch[weights == 0 ? 1 : (int)Math.Clamp(MostCopied / weights, 1, MostRuns)];
        Place[] places = new Place[inputs.Length + outputs.Length + (prepared.Scratch > 0 ? 1 : 0)];
        Place Add(long bytes, int stride, ElementType type)
        {
            memory.Add(device.Allocate(bytes, "a measurement"));
            return new Place(Space.Arena, memory[^1].Address, stride, type);
        }

        for (int copy = 0; copy < launches.Length; copy++)
        {
            for (int i = 0; i < places.Length; i++)
            {
                TensorType? type = i < inputs.Length ? inputs[i] : i < inputs.Length + outputs.Length ? outputs[i - inputs.Length] : null;
                if (copy > 0 && type?.Layout is null)
                {
                    continue;
                }

                places[i] = type is { } operand ? Add(operand.Bytes, operand.Shape.Channels, operand.Type) : Add(prepared.Scratch, 1, ElementType.U8);
                if (i < inputs.Length)
                {
                    Upload(memory[^1].Address, TimedOperand.Fill(op, i, inputs), inputs[i].Bytes);
                }
            }

            launches[copy] = prepared.Bind([.. places], "timing");
        }

        using DeviceClock clock = device.CreateClock();
        List<double> times = [];
        for (double all = 0; times.Count < 2 || (all < Filled.TotalSeconds && times.Count < MostRuns);)
        {
            cancellation.ThrowIfCancellationRequested();
            clock.Tick();
            launches[times.Count % launches.Length].Run(default, cancellation);
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
