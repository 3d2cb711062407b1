using System.CommandLine;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Perf.Quality;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Quality against time, of single methods, presets, budgets and plain fewer steps.</summary>
internal static class QualityVerb
{
    public static Command Create()
    {
        Argument<string> part = new("part") { Description = "pictures: paints and compares what is missing (no clock, any load); times: times what is missing (alone on the machine); report: tables and plot of what there is." };
        part.AcceptOnlyFromAmong("pictures", "times", "report");
        Option<int> size = new("--size") { Description = "Width and height.", DefaultValueFactory = _ => 256 };
        Option<int> pairs = new("--pairs") { Description = "Prompt and seed pairs.", DefaultValueFactory = _ => 64 };
        Option<int> rounds = new("--rounds") { Description = "Timed rounds of a case.", DefaultValueFactory = _ => 3 };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<double> limit = new("--limit") { Description = "Seconds after which it stops, to go on in the next call.", DefaultValueFactory = _ => 75 };
        Option<string?> only = new("--only") { Description = "Only cases whose names hold this." };
        Command command = new("quality", "Quality against time with the model that ships.") { part, size, pairs, rounds, threads, limit, only };
        command.SetAction(async (parsed, cancellation) =>
        {
            string filter = parsed.GetValue(only) ?? "";
            QualityCase[] cases = [.. QualityCases.Single.Concat(QualityCases.Combined).Where(one => one.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))];
            RowFile<QualityRow> pictures = new("quality-pictures");
            RowFile<TimeRow> times = new("quality-times" + Machine.Suffix);
            TimeSpan time = TimeSpan.FromSeconds(parsed.GetValue(limit));
            if (parsed.GetValue(part) == "report")
            {
                QualityReport.Write(parsed.GetValue(size), pictures.Rows, times.Rows);
                return;
            }

            await using QualityBench bench = new(parsed.GetValue(size), parsed.GetValue(pairs), parsed.GetValue(threads));
            bool all = parsed.GetValue(part) == "pictures"
                ? await bench.MeasureAsync(cases, pictures, time, cancellation)
                : await bench.TimeAsync(cases, times, parsed.GetValue(rounds), time, cancellation);
            Console.WriteLine(all ? "All are measured." : "Not all are measured yet: run it again.");
        });
        return command;
    }
}
