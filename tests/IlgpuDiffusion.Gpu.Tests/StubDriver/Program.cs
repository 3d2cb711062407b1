using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Graphs.Tests;

namespace IlgpuDiffusion.Gpu.Tests.StubDriver;

/// <summary>A program that uses a device of CUDA's in all ways, on a driver's stand-in that loses it at each of the calls in turn. It ends with 0 if every time the failure was told and nothing was left behind; a failure on the thread of the finalizers ends it otherwise.</summary>
internal static class Program
{
    private static int Main()
    {
        Stub.FailAt(-1);
        Use();
        Collect();
        long calls = Stub.Calls();
        Console.WriteLine($"{calls} calls");
        int wrong = Check("no call fails", null);
        for (long call = 1; call <= calls; call++)
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
            wrong += Check($"call {call}, {Stub.LostAt}", failure);
        }

        return wrong == 0 ? 0 : 1;
    }

    // What is wrong with how a use of the device ended: 1, or 0.
    private static int Check(string what, Exception? failure)
    {
        // ILGPU keeps a context that it could not finish making.
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
