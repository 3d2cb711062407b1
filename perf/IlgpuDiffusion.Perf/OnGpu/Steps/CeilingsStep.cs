using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>What everything else is held against: the bandwidth of copies and the cost of a launch that does next to nothing.</summary>
internal sealed class CeilingsStep() : GpuStep("ceilings", "Ceilings", 60)
{
    private const int Launches = 200;

    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        bench.Try("", "copy", () => bench.Row("copy", "blocks, by the driver", new() { ["GB/s, read and written"] = Copy(bench) / 1e9 }));
        bench.Try("", "copy by a kernel", () =>
        {
            int rows = bench.Quick ? 1 << 10 : 1 << 19;
            using OpRig rig = new(bench.Device, new Concat(Axis.Channels), OpOperand.Random(new Shape(1, 1, rows, 256), bench.Fast, 1), OpOperand.Random(new Shape(1, 1, rows, 256), bench.Fast, 2));
            bench.Row("copy", "rows side by side, by our kernel", new() { ["GB/s, read and written"] = rig.Work.Bytes / bench.Timer.Seconds(rig.Queue) / 1e9 }, rig.Kernel);
        });
        bench.Try("launches", "one by one", () => Report(bench, "one by one", Launch(bench, recorded: false)));
        bench.Try("launches", "recorded", () =>
        {
            (double, double)? recorded = Launch(bench, recorded: true);
            Report(bench, "recorded", recorded);
        });
        bench.Say("clocks", GpuClocks.Read() ?? "not to be read");
    }

    /// <summary>Bytes a second, read and written, of a copy on the device of far more than its caches hold.</summary>
    public static double Copy(GpuBench bench)
    {
        long bytes = bench.Quick ? 1 << 20 : 1L << 30;
        using DeviceMemory from = bench.Device.Allocate(bytes, "a copy"), to = bench.Device.Allocate(bytes, "a copy");
        byte[] data = new byte[Math.Min(bytes, 1 << 24)];
        new Random(1).NextBytes(data);
        for (long at = 0; at < bytes; at += data.Length)
        {
            bench.Device.Upload(from.Address + (nint)at, data);
        }

        return 2 * bytes / bench.Timer.Seconds(() => bench.Device.Copy(from.Address, to.Address, bytes));
    }

    /// <summary>The time of a launch of one item, among many: on the device, and the host's; null if the device records none.</summary>
    public static (double Seconds, double Queueing)? Launch(GpuBench bench, bool recorded)
    {
        using OpRig rig = new(bench.Device, new Affine(0.5, 0.25), OpOperand.Random(Shape.Scalar, ElementType.F32, 1));
        using OpRepeat? repeat = recorded ? rig.Record(Launches) : null;
        if (recorded && repeat is null)
        {
            return null;
        }

        (double seconds, double queueing) = bench.Timer.Measure(repeat is null ? rig.Queue : repeat.Queue);
        int calls = repeat is null ? 1 : Launches;
        return (seconds / calls, queueing / calls);
    }

    private static void Report(GpuBench bench, string name, (double Seconds, double Queueing)? time)
    {
        if (time is { } t)
        {
            bench.Row("launches", name, new() { ["µs each"] = t.Seconds * 1e6, ["µs of the host"] = t.Queueing * 1e6 });
        }
        else
        {
            bench.Say("recorded launches", "none: the device records no launches");
        }
    }
}
