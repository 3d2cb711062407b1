using System.Globalization;
using IlgpuDiffusion.Graphs.Devices;

namespace IlgpuDiffusion.Cli;

/// <summary>What <c>diff</c> prints.</summary>
internal static class DiffText
{
    private const int Worst = 10;

    public static void Write(TextWriter output, DeviceDiff diff, DiffTolerance tolerance, bool listsAll)
    {
        ComparedLaunch[] departing = [.. diff.Launches.Where(tolerance.IsExceededBy)];
        output.WriteLine($"{diff.FirstName} against {diff.SecondName}: {diff.Launches.Count} results, {(tolerance.IsIsolated ? "each computed from the first's" : "each device going on with its own")}, tolerance {tolerance}");
        if (departing.Length == 0)
        {
            output.WriteLine("None departs.");
        }
        else
        {
            LaunchComparison first = departing[0].Values;
            output.WriteLine($"{departing.Length} depart{(departing.Length == 1 ? "s" : string.Empty)}. The first:");
            output.WriteLine($"  {Describe(departing[0])}");
            output.WriteLine($"  {first.Type}: relative {Number(first.Relative)}, peak {Number(first.Peak)}; largest difference {Number(first.Largest)} at {first.Index}, where it is {Number(first.First)} and {Number(first.Second)}");
        }

        output.WriteLine();
        output.WriteLine(listsAll ? "All, in order:" : "The largest:");
        IEnumerable<ComparedLaunch> listed = listsAll ? diff.Launches : diff.Launches.OrderByDescending(launch => launch.Values.Distance).Take(Worst);
        List<string[]> rows = [["operation", "layer", "program", "run", "result", "relative", "peak", "largest", "at", ""]];
        rows.AddRange(listed.Select(launch => new[]
        {
            Name(launch.Values), launch.Values.Path, launch.Program, launch.Values.Run.ToString(CultureInfo.InvariantCulture), launch.Values.Type.ToString(),
            Number(launch.Values.Relative), Number(launch.Values.Peak), Number(launch.Values.Largest), launch.Values.Index, tolerance.IsExceededBy(launch) ? "departs" : string.Empty,
        }));
        TextTable.Write(output, rows, "lllrlrrrll");
        output.WriteLine();
        output.WriteLine(double.IsPositiveInfinity(diff.Psnr) ? "Made by each alone, the pictures are equal." : string.Create(CultureInfo.InvariantCulture, $"Made by each alone, the pictures agree to {diff.Psnr:0.0} dB."));
    }

    private static string Describe(ComparedLaunch launch) => $"{Name(launch.Values)} at '{launch.Values.Path}' ({launch.Program}, run {launch.Values.Run})";

    private static string Name(LaunchComparison values) => values.Output == 0 ? values.Op : $"{values.Op} ({values.Output + 1})";

    private static string Number(double number) => number.ToString("0.###e+0", CultureInfo.InvariantCulture) is var text && number is 0 or (>= 0.001 and < 10000) ? number.ToString("0.######", CultureInfo.InvariantCulture) : text;
}
