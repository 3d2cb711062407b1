using System.CommandLine;
using System.Diagnostics;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>What the host spends on queueing one evaluation of a denoiser on a device of ILGPU, whatever the kernels take.</summary>
internal static class LaunchesVerb
{
    public static Command Create()
    {
        Option<string> kind = new("--device") { Description = "cuda, opencl, or ilgpu-cpu, whose kernels are left out.", DefaultValueFactory = _ => "ilgpu-cpu" };
        kind.AcceptOnlyFromAmong("cuda", "opencl", "ilgpu-cpu");
        Option<int> rounds = new("--rounds") { Description = "Evaluations of which the median is taken.", DefaultValueFactory = _ => 200 };
        Option<int> size = new("--size") { Description = "Height and width of the latents.", DefaultValueFactory = _ => 64 };
        Command command = new("launches", "Host time to queue one SD 1.5 evaluation's kernels.") { kind, rounds, size };
        command.SetAction(parsed =>
        {
            GpuKind device = parsed.GetRequiredValue(kind) switch { "cuda" => GpuKind.Cuda, "opencl" => GpuKind.OpenCL, _ => GpuKind.IlgpuCpu };
            Report report = new("launches", "Host time to queue one evaluation", Machine.Read());
            report.Say($"SD 1.5's UNet, latents {parsed.GetValue(size)}×{parsed.GetValue(size)}, 2 rows, F16 weights, {IlgpuBuild.Text}; host time until an evaluation is queued.{(device == GpuKind.IlgpuCpu ? " No kernel is launched: what ILGPU and a driver add to each is not in it." : "")}");
            string[][] rows = [.. (device == GpuKind.Cuda ? new[] { false, true } : [false]).Select(graphs => Measure(report, device, graphs, parsed.GetValue(size), parsed.GetValue(rounds)))];
            report.Table(["device", "kernels of an evaluation", "µs an evaluation", "µs a kernel", "bytes allocated"], rows);
            report.Save();
        });
        return command;
    }

    private static string[] Measure(Report report, GpuKind kind, bool graphs, int size, int rounds)
    {
        NetworkRecipe recipe = Recipes.Unet(size, 2);
        ModelKeys keys = ModelKeys.Read("sd15", recipe.Component);
        using WeightStore weights = WeightStore.Synthetic(keys.Shapes, ElementType.F16);
        using GpuDevice device = GpuDevice.Open(kind, new GpuDeviceOptions { Graphs = graphs, LeavesOutKernels = kind == GpuKind.IlgpuCpu });
        using Lane lane = new(device);
        using Residency residency = new(device);
        Value result = recipe.Build(new ModelBuilder(new Graph(), weights), keys.Config);
        Executable executable = Executable.Compile([new Variant(result)], device);
        int launches = executable.Programs.Single(program => program.Name.StartsWith("evaluation", StringComparison.Ordinal)).Launches.Count;
        (double seconds, long bytes) = lane.Enqueue(() =>
        {
            executable.Load(residency, new StoredWeights(weights));
            using Run run = Run.Begin(executable, lane);
            using DeviceMark mark = device.CreateMark();
            recipe.Fill(run, new Random(0));
            List<double> times = [];
            long allocated = 0;
            for (int i = 0; i < rounds + 3; i++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                long start = Stopwatch.GetTimestamp();
                run.Evaluate();
                double time = Stopwatch.GetElapsedTime(start).TotalSeconds;
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                mark.Set();
                mark.Wait();
                if (i >= 3)
                {
                    times.Add(time);
                }
            }

            return (Statistics.Median(times), allocated);
        }).GetAwaiter().GetResult();
        string name = graphs ? $"{device.Name}, recorded" : device.Name;
        report.Number(graphs ? "seconds_recorded" : "seconds", seconds).Number("launches", launches);
        return [name, $"{launches}", Report.Digits(1e6 * seconds, 1), Report.Digits(1e6 * seconds / launches, 3), $"{bytes}"];
    }
}
