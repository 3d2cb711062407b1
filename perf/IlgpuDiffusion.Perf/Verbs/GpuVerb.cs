using System.CommandLine;
using System.Diagnostics;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Perf.OnGpu;
using IlgpuDiffusion.Perf.OnGpu.Steps;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Checks and measures everything that only a GPU can show, in one go.</summary>
internal static class GpuVerb
{
    private const int NoDevice = 2;

    private static readonly string[] Kinds = [.. Enum.GetValues<GpuKind>().Select(kind => kind.Text())];

    public static Command Create()
    {
        Option<string> device = new("--device") { Description = "The kind of device.", DefaultValueFactory = _ => GpuKind.Cuda.Text() };
        device.AcceptOnlyFromAmong(Kinds);
        Option<string?> only = new("--only") { Description = $"Steps with commas: {string.Join(", ", GpuRun.Steps.Select(s => s.Name))}; checks stands for the first three, rates for the others." };
        Option<double> budget = new("--budget") { Description = "Seconds after which no step begins.", DefaultValueFactory = _ => 540 };
        Option<string> output = new("--output") { Description = "The folder for gpu.md, results.jsonl and gpu-findings.jsonl.", DefaultValueFactory = _ => Checkout.Results };
        Option<bool> quick = new("--quick") { Description = "Tiny sizes and few repetitions: shows that everything runs, measures nothing." };
        Option<bool> emulate = new("--emulate") { Description = "Has ilgpu-cpu emulate tensor cores: very slow." };
        Option<string> python = new("--python") { Description = "The interpreter that has torch.", DefaultValueFactory = _ => "python3" };
        Option<bool> noTorch = new("--no-torch") { Description = "Leaves torch out." };
        Option<string?> step = new("--step") { Description = "The process of one step.", Hidden = true };
        Option<int> skip = new("--skip") { Description = "Cases that an earlier process of the step began.", Hidden = true };
        Option<string?> picture = new("--first-picture") { Description = "The process that paints one picture.", Hidden = true };
        Command command = new("gpu", "Everything that a GPU is to show: correctness, rates of layers, whole networks beside torch, pictures; then which targets are reached.")
        {
            device, only, budget, output, quick, emulate, python, noTorch, step, skip, picture,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            GpuKind kind = (GpuKind)Array.IndexOf(Kinds, parsed.GetRequiredValue(device));
            GpuRunOptions options = new(
                kind, parsed.GetValue(only), parsed.GetValue(budget), Path.GetFullPath(parsed.GetRequiredValue(output)), parsed.GetValue(quick), parsed.GetValue(emulate), parsed.GetValue(noTorch) ? "" : parsed.GetRequiredValue(python))
            {
                Skip = parsed.GetValue(skip),
            };
            if (parsed.GetValue(picture) is { } file)
            {
                await ColdStep.Paint(options, file);
                return 0;
            }

            return parsed.GetValue(step) is { } name ? Step(options, name) : All(options);
        });
        return command;
    }

    private static int All(GpuRunOptions options)
    {
        try
        {
            GpuRun.Choose(options.Only);
        }
        catch (ArgumentException e)
        {
            Console.Error.WriteLine(e.Message);
            return NoDevice;
        }

        IReadOnlyList<GpuFound> found = GpuCatalogue.List();
        if (!found.Any(f => f.Kind == options.Kind && f.Name is not null))
        {
            Console.Error.WriteLine($"There is no {options.Kind.Text()} device, and nothing was measured. Found: {GpuCatalogue.Describe(found)}.");
            return NoDevice;
        }

        return new GpuRun(options).Run() == 0 ? 0 : 1;
    }

    private static int Step(GpuRunOptions options, string name)
    {
        // What a driver says of code that it refuses goes there.
        Trace.Listeners.Add(new ConsoleTraceListener());
        GpuStep step = GpuRun.Steps.Single(s => s.Name == name);
        using GpuBench bench = new(options, name);
        try
        {
            step.Run(bench);
        }
#pragma warning disable CA1031 // Whatever it is, it is written down, and the next step has a process of its own.
        catch (Exception e)
#pragma warning restore CA1031
        {
            bench.Fail("", "the step", e.ToString());
        }

        return bench.IsLost ? StepEnd.Lost : bench.Failures == 0 ? 0 : 1;
    }
}
