using System.CommandLine;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Perf.Quality;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>Quality against time, of single methods, presets, budgets and plain fewer steps.</summary>
internal static class QualityVerb
{
    public static Command Create()
    {
        Argument<string> part = new("part") { Description = "choose: what budgets come to on this machine (alone on it); times: times what is missing (alone on the machine); pictures: paints and compares what is missing (no clock, any load); report: tables and plot of what there is." };
        part.AcceptOnlyFromAmong("choose", "times", "pictures", "report");
        Option<int> size = new("--size") { Description = "Width and height.", DefaultValueFactory = _ => 256 };
        Option<int> pairs = new("--pairs") { Description = "Prompt and seed pairs.", DefaultValueFactory = _ => 64 };
        Option<int> rounds = new("--rounds") { Description = "Timed rounds of a case.", DefaultValueFactory = _ => 1 };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<double> limit = new("--limit") { Description = "Seconds after which it stops, to go on in the next call.", DefaultValueFactory = _ => 75 };
        Option<string?> only = new("--only") { Description = "Only cases whose names begin with this." };
        Command command = new("quality", "Quality against time with the model that ships.") { part, size, pairs, rounds, threads, limit, only };
        command.SetAction(async (parsed, cancellation) =>
        {
            int side = parsed.GetValue(size);
            string filter = parsed.GetValue(only) ?? "";
            RowFile<ChoiceRow> choices = new("quality-choices");
            RowFile<QualityRow> pictures = new("quality-pictures");
            RowFile<TimeRow> times = new("quality-times" + Machine.Suffix);
            QualityCase[] cases = [.. QualityCases.Single(side).Concat(QualityCases.Pairs(side).Select(pair => pair.Both)).Concat(choices.Rows.Where(row => row.Size == side).Select(row => new QualityCase(row.Method, row.Setting, AccelerationPolicy.Parse(row.Policy))))
                .Where(one => one.Name.StartsWith(filter, StringComparison.OrdinalIgnoreCase))];
            TimeSpan time = TimeSpan.FromSeconds(parsed.GetValue(limit));
            if (parsed.GetValue(part) == "report")
            {
                QualityReport.Write(side, cases, pictures.Rows, times.Rows, choices.Rows);
                return;
            }

            await using QualityBench bench = new(side, parsed.GetValue(pairs), parsed.GetValue(threads));
            bool all = true;
            switch (parsed.GetValue(part))
            {
                case "choose":
                    // What was measured of other choices is of no use.
                    ChoiceRow[] chosen = [.. await bench.ChooseAsync(cancellation)];
                    (string, string, string) What(ChoiceRow row) => (row.Method, row.Setting, row.Policy);
                    HashSet<(string, string, string)> before = [.. choices.Rows.Where(row => row.Size == side).Select(What)], now = [.. chosen.Select(What)];
                    HashSet<string> changed = [.. before.Concat(now).Where(one => !before.Contains(one) || !now.Contains(one)).Select(one => $"{one.Item1} {one.Item2}")];
                    pictures.Replace(row => row.Size == side && changed.Contains(row.Case), []);
                    times.Replace(row => row.Size == side && changed.Contains(row.Case), []);
                    choices.Replace(row => row.Size == side, chosen);
                    break;
                case "pictures":
                    all = await bench.MeasureAsync(cases, pictures, time, cancellation);
                    break;
                default:
                    all = await bench.TimeAsync(cases, times, parsed.GetValue(rounds), time, cancellation);
                    break;
            }

            Console.WriteLine(all ? "All are measured." : "Not all are measured yet: run it again.");
        });
        return command;
    }
}
