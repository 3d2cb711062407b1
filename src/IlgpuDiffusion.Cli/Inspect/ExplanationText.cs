using System.Globalization;

using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Cli;

/// <summary>What <c>explain</c> prints.</summary>
internal static class ExplanationText
{
    public static void Write(TextWriter output, DiffusionPipeline pipeline, Explanation e, bool listLayers, bool listLaunches)
    {
        output.WriteLine($"{pipeline.ModelName} ({e.Family}) on {pipeline.DeviceName}, activations in {e.Type.StorageName()}: {e.Images} x {e.Width}x{e.Height}, {e.Sampler}{(e.Schedule is null ? string.Empty : $" ({e.Schedule})")}, {e.Steps}{(e.Steps == e.AskedSteps ? string.Empty : $" of {e.AskedSteps}")} steps, {e.Evaluations} evaluations of {e.Branches} branch{(e.Branches == 1 ? string.Empty : "es")}");
        foreach (string warning in e.Warnings)
        {
            output.WriteLine($"warning: {warning}");
        }

        foreach (ControlNetExplanation control in e.ControlNets)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ControlNet {control.Name} of strength {control.Strength} in {control.Evaluations} of {e.Evaluations} evaluations"));
        }

        if (e.Choice is { } choice)
        {
            output.WriteLine(choice);
            output.WriteLine(choice.Policy.ToJson());
        }

        output.WriteLine();
        WritePrograms(output, e);
        output.WriteLine();
        if (e.Plan.Sites.Count > 0)
        {
            PlanText.Write(output, e);
            output.WriteLine();
        }

        LayerText.Write(output, e, listLayers);
        if (e.Choice is null && e.Likeness is not { Psnr: double.PositiveInfinity })
        {
            output.WriteLine(e.Likeness?.ToString() ?? "likeness: not known, since no picture of this policy, model and sampler was held against an exact one; 'compare' does that");
        }

        output.WriteLine();

        if (e.Decoding is { } decoding)
        {
            output.WriteLine(DecodingText.Of(decoding));
            output.WriteLine();
        }

        WriteOperations(output, e);
        output.WriteLine();
        WriteMemory(output, e);
        foreach (ComponentExplanation component in listLaunches ? e.Components : [])
        {
            WriteLaunches(output, component);
        }
    }

    private static void WritePrograms(TextWriter output, Explanation e)
    {
        List<string[]> rows = [["part", "program", "runs", "launches", "FLOP a run", "traffic a run", "arena", "expected a run"]];
        rows.AddRange(e.Components.SelectMany(c => c.Executable.Programs.Zip(c.Costs).Where(p => p.First.Launches.Count > 0).Select(p =>
            new[] { c.Name, p.First.Name, Number(c.RunsOf(p.First)), Number(p.First.Launches.Count), Units.Operations(p.First.Work.Flops), Units.Bytes(p.First.Work.Bytes), Units.Bytes(p.First.ArenaBytes), Units.Seconds(p.Second.Seconds) })));
        TextTable.Write(output, rows, "llrrrrrr");
        string basis = e.MeasuredShare switch
        {
            0 => "a guess: nothing was measured on this device yet ('ilgpu-diffusion calibrate')",
            > 0.995 => "from kernels measured on this device",
            double share => string.Create(CultureInfo.InvariantCulture, $"{share:0%} from kernels measured on this device, the rest at the rates of like ones"),
        };
        output.WriteLine($"{Units.Operations(e.Flops)}FLOP in all; expected {Units.Seconds(e.Expected.Total.TotalSeconds)}: text {Units.Seconds(e.Expected.Text.TotalSeconds)}, denoising {Units.Seconds(e.Expected.Denoising.TotalSeconds)}, decoding {Units.Seconds(e.Expected.Decoding.TotalSeconds)} ({basis})");
    }

    private static void WriteOperations(TextWriter output, Explanation e)
    {
        LaunchReport[] launches = [.. e.Components.SelectMany(c => c.Executable.Programs).SelectMany(p => p.Launches)];
        List<string[]> rows = [["operation", "launches", "FLOP", "traffic"]];
        rows.AddRange(launches.GroupBy(l => l.Op).OrderByDescending(g => g.Sum(l => l.Work.Flops)).ThenBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new[] { g.Key, Number(g.Count()), Units.Operations(g.Sum(l => l.Work.Flops)), Units.Bytes(g.Sum(l => l.Work.Bytes)) }));
        TextTable.Write(output, rows, "lrrr");
    }

    private static void WriteMemory(TextWriter output, Explanation e) => TextTable.Write(
        output,
        [
            ["memory", "size"],
            ["weights as in their files (mapped)", Units.Bytes(e.MappedWeightBytes)],
            ["weights prepared at load", Units.Bytes(e.PreparedWeightBytes)],
            ["arena of activations", Units.Bytes(e.ArenaBytes)],
            ["inputs, results, row table", Units.Bytes(e.RunBytes)],
            .. e.EarlyWeightBytes > 0 ? (string[][])[["weights of the denoiser that leave when its loop begins", Units.Bytes(e.EarlyWeightBytes)]] : [],
            .. e.StreamedWeightBytes > 0 ? (string[][])[["weights read from their files by every evaluation", Units.Bytes(e.StreamedWeightBytes)]] : [],
            [e.HoldsOneComponent ? "most at one time, one component's weights held" : "most at one time", Units.Bytes(e.PeakBytes)],
        ],
        "lr");

    private static void WriteLaunches(TextWriter output, ComponentExplanation component)
    {
        foreach (ProgramReport program in component.Executable.Programs.Where(p => p.Launches.Count > 0))
        {
            output.WriteLine();
            output.WriteLine($"{component.Name}, {program.Name}:");
            List<string[]> rows = [["operation", "layer", "result", "FLOP", "traffic"]];
            rows.AddRange(program.Launches.Select(l => new[] { l.Op, l.Path, l.Result.ToString(), Units.Operations(l.Work.Flops), Units.Bytes(l.Work.Bytes) }));
            TextTable.Write(output, rows, "lllrr");
        }
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
