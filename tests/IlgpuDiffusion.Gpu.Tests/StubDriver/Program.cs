using System.Diagnostics;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.StubDriver;

/// <summary>A program that uses a device of CUDA's in all ways, on a driver's stand-in that loses it at each of the calls in turn. It ends with 0 if every time the failure was told and nothing was left behind; a failure on the thread of the finalizers ends it otherwise.</summary>
internal static class Program
{
    // Those that the runtime starts when it likes.
    private const int Spare = 8;

    private static int Main()
    {
        Stub.FailAt(-1);
        if (!Arrive())
        {
            Console.WriteLine("uploads arrive changed");
            return 1;
        }

        Stub.FailAt(-1);
        Use();
        Collect();
        long calls = Stub.Calls();
        Console.WriteLine($"{calls} calls");
        int wrong = Check("no call fails", null), threads = Threads();

        // From the last to the first, since ILGPU keeps each context that it could not finish making, and all that is kept is walked at every collection.
        for (long call = calls; call > 0; call--)
        {
            Stub.FailAt(call);
            Exception? failure = null;
            try
            {
                Use();
            }
#pragma warning disable CA1031 // Whatever it is, it is told.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = e;
            }

            Collect();
            if (failure is not GpuNotFoundException && Threads() > threads + Spare)
            {
                Console.WriteLine($"call {call}, {Stub.LostAt}: left behind {Threads() - threads} threads");
                return 1;
            }

            wrong += Check($"call {call}, {Stub.LostAt}", failure);
        }

        return wrong == 0 ? 0 : 1;
    }

    // Whether uploads of all sizes are what arrives, one behind another, though the source changes at once and the driver copies late.
    private static bool Arrive()
    {
        int[] sizes = [1, 300, (16 << 20) - 600, 4 << 20, 40 << 20, 77];
        byte[][] all = [.. sizes.Select((size, i) => new byte[size])];
        byte[] source = new byte[sizes.Max()], read = new byte[sizes.Max()];
        using GpuDevice device = GpuDevice.Open(GpuKind.Cuda);
        using DeviceMemory memory = device.Allocate(sizes.Sum(size => size + 256L), "test");
        nint[] at = new nint[sizes.Length];
        for (int i = 0; i < sizes.Length; i++)
        {
            at[i] = i == 0 ? memory.Address : at[i - 1] + ((sizes[i - 1] + 255) & ~255);
            new Random(i).NextBytes(all[i]);
            all[i].CopyTo(source, 0);
            device.Upload(at[i], source.AsSpan(0, sizes[i]));
            source.AsSpan().Clear();
        }

        bool same = true;
        for (int i = 0; i < sizes.Length; i++)
        {
            device.Download(at[i], read.AsSpan(0, sizes[i]));
            same &= read.AsSpan(0, sizes[i]).SequenceEqual(all[i]);
        }

        return same;
    }

    // What is wrong with how a use of the device ended: 1, or 0.
    private static int Check(string what, Exception? failure)
    {
        bool opened = failure is not GpuNotFoundException;
        string left = opened ? Stub.Alive() : "";
        bool told = failure is null or DeviceLostException or GpuNotFoundException;
        Stub.Forget();
        if (told && left.Length == 0)
        {
            return 0;
        }

        Console.WriteLine($"{what}: {(left.Length > 0 ? $"left behind {left}; " : "")}{failure}");
        return 1;
    }

    private static int Threads() => Process.GetCurrentProcess().Threads.Count;

    private static void Collect()
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    private static void Use()
    {
        Graph graph = new();
        Value x = graph.Input("x", new Shape(1, 1, 1, 64), Stage.Evaluation), w = graph.Weight("w", new TensorType(Shape.Vector(64)));
        Value y = graph.Apply(new Binary(BinaryKind.Multiply), [x, w], "first").Affine(2, 1);
        using GpuDevice device = GpuDevice.Open(GpuKind.Cuda);
        try
        {
            Use(device, new Variant(y));
        }
        catch (DeviceLostException)
        {
            // Whatever was left half made, while the device is still there.
            Collect();
            throw;
        }
    }

    private static void Use(GpuDevice device, Variant variant)
    {
        using Residency residency = new(device);
        using Lane lane = new(device);
        Executable executable = Executable.Compile([variant], device, new CompileOptions { Evaluations = 4 });
        using MemoryWeights weights = new();
        weights.Add("w", ElementType.F32, new float[64]);
        executable.Load(residency, weights);
        using Run run = Run.Begin(executable, lane);
        using DeviceMark mark = device.CreateMark();
        run.Set<float>("x", new float[64]);
        for (int i = 0; i < 4; i++)
        {
            run.Evaluate(i);
            mark.Set();
            mark.Wait();
        }

        run.Read();
        run.Profile();
        device.Combine(run.Address("x"), [run.Address("x")], [0.5], 64);
        _ = device.Host.DriverLogs().Count();
    }
}
