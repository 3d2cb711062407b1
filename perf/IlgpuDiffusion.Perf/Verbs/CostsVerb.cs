using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Papercut;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>How far the times that are expected of requests are from those that they take: rates from one size and no policy, then sizes and policies that they were not measured for.</summary>
internal static class CostsVerb
{
    // Steps that are long enough for a clock and short enough for many configurations.
    private const int Steps = 8, FullSizeSteps = 2;

    public static Command Create()
    {
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Option<int> rounds = new("--rounds") { Description = "Measured rounds of each configuration, after one that is not.", DefaultValueFactory = _ => 3 };
        Option<string?> folder = new("--model") { Description = "A folder with a model of Stable Diffusion 1.5's sizes in the place of the one that ships; one that is not there is written with random weights. Without decoding, each run once." };
        Option<int?> seed = new("--seed") { Description = "Draws sizes and settings by it, in the place of the same twenty requests." };
        Option<bool> all = new("--all") { Description = "Measures the kernels of every configuration beforehand, rather than those of the exact one alone." };
        Option<bool> pause = Rounds.Pause();
        Command command = new("costs", "Expected against actual seconds of requests to the model that ships, or to one of full size.") { threads, rounds, folder, seed, all, pause };
        command.SetAction((parsed, cancellation) => Run(parsed.GetValue(threads), parsed.GetValue(rounds), parsed.GetValue(folder), parsed.GetValue(seed), parsed.GetValue(all), parsed.GetValue(pause), cancellation));
        return command;
    }

    private static async Task Run(int threads, int rounds, string? folder, int? seed, bool all, bool pause, CancellationToken cancellation)
    {
        string cache = Directory.CreateTempSubdirectory("ilgpu-diffusion-costs").FullName;
        try
        {
            if (folder is not null)
            {
                FullSizeModel.Write(folder, ElementType.F16);
            }

            await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(folder ?? PapercutModel.Folder, new PipelineOptions { Threads = threads, CacheFolder = cache }, cancellationToken: cancellation);
            int steps = folder is null ? Steps : FullSizeSteps;
            (string Name, GenerationRequest Request)[] cases = folder is not null ? CostCases.OfFullSize(steps) : seed is { } drawn ? CostCases.Drawn(drawn, steps) : CostCases.Always(steps);
            Func<GenerationRequest, Task<(double Expected, double Actual)>> run = request => folder is null ? Picture(pipeline, request, cancellation) : Loop(pipeline, request, cancellation);

            // Compiles kernels, and ends with the exact request.
            foreach ((_, GenerationRequest request) in cases.Reverse())
            {
                await run(request);
            }

            Rounds.Paused(pause);
            Machine machine = Machine.Read();
            long measuring = Stopwatch.GetTimestamp();
            foreach ((_, GenerationRequest request) in all ? cases : cases[..1])
            {
                await pipeline.MeasureAsync(request, cancellationToken: cancellation);
            }

            double measured = Stopwatch.GetElapsedTime(measuring).TotalSeconds;
            List<string[]> rows = [];
            List<(string Name, double AsItIs, double Beside, double Actual)> numbers = [];
            void Add(string name, GenerationRequest request, double asItIs, double beside, double expected, double actual)
            {
                rows.Add([name, Report.Digits(expected, 3), Report.Digits(actual, 3), Percent(asItIs - 1), Percent(beside - 1), Percent(pipeline.Explain(request).MeasuredShare)]);
                Console.WriteLine(string.Join("  ", rows[^1]));
                if (request != cases[0].Request)
                {
                    numbers.Add((name, asItIs, beside, actual));
                }
            }

            if (folder is null)
            {
                foreach ((string name, GenerationRequest request) in cases)
                {
                    (double asItIs, double beside, double expected, double actual) = await Turns(run, cases[0].Request, request, rounds);
                    Add(name, request, asItIs, beside, expected, actual);
                }
            }
            else
            {
                List<(double Expected, double Actual)> times = [];
                foreach ((string name, GenerationRequest request) in cases)
                {
                    times.Add(await run(request));
                    Console.WriteLine(FormattableString.Invariant($"{name}: {times[^1].Expected:0.00} expected, {times[^1].Actual:0.00} s"));
                }

                for (int i = 0; i < cases.Length; i++)
                {
                    // The exact ones in front of it and behind it, or itself.
                    (double expected, double actual) = times[i];
                    int before = Array.FindLastIndex(cases, i, one => one.Request == cases[0].Request), after = Array.FindIndex(cases, i, one => one.Request == cases[0].Request);
                    double speed = ((times[before].Actual / times[before].Expected) + (times[after].Actual / times[after].Expected)) / 2;
                    Add(cases[i].Name, cases[i].Request, expected / actual, expected / actual * speed, expected, actual);
                }
            }

            Report report = new("costs" + (folder is null ? "" : "-sd15") + (seed is null ? "" : $"-{seed}") + (all ? "-all" : ""), "Expected and actual seconds", machine);
            report.Say($"{pipeline.DeviceName}; {(folder is null ? "the model that ships" : $"{FullSizeModel.Title("sd15")}'s sizes, random F16 weights")}, {steps} steps, guided, {(folder is null ? $"whole pictures. Medians of {rounds} runs after one that is not counted, each with the exact request in front of it" : "without decoding, each once; exact evaluations between them")}. Kernels measured beforehand: {(all ? "all" : $"those of the exact request at {cases[0].Request.Width}x{cases[0].Request.Height} alone")}, in {Report.Digits(measured, 1)} s{(seed is null ? "" : $". Sizes and settings drawn by seed {seed}")}.");
            report.Table(["request", "expected s", "actual s", "off by", "off by, beside the exact request", "of measured kernels"], rows);
            report.Say($"But for the first, which the rates are of: {Deviations("as it is", numbers.Select(n => n.AsItIs))}; {Deviations("beside the exact request", numbers.Select(n => n.Beside))}.");
            report.Number("requests", numbers.ToDictionary(n => n.Name, n => new { n.AsItIs, n.Beside, n.Actual })).Save();
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    // The machine's own speed changes from second to second: the exact request in front of each says by how much.
    private static async Task<(double AsItIs, double Beside, double Expected, double Actual)> Turns(Func<GenerationRequest, Task<(double Expected, double Actual)>> run, GenerationRequest exact, GenerationRequest request, int rounds)
    {
        await run(request);
        List<(double Expected, double Actual, double Speed)> turns = [];
        for (int round = 0; round < rounds; round++)
        {
            (double before, double took) = await run(exact);
            (double expected, double actual) = await run(request);
            turns.Add((expected, actual, took / before));
        }

        return (Statistics.Median(turns.Select(turn => turn.Expected / turn.Actual)), Statistics.Median(turns.Select(turn => turn.Expected / turn.Actual * turn.Speed)), Statistics.Median(turns.Select(turn => turn.Expected)), Statistics.Median(turns.Select(turn => turn.Actual)));
    }

    private static async Task<(double Expected, double Actual)> Picture(DiffusionPipeline pipeline, GenerationRequest request, CancellationToken cancellation)
    {
        GenerationResult result = await pipeline.GenerateAsync(request, cancellationToken: cancellation);
        return (result.Expected.Total.TotalSeconds, result.Times.Total.TotalSeconds);
    }

    private static Task<(double Expected, double Actual)> Loop(DiffusionPipeline pipeline, GenerationRequest request, CancellationToken cancellation) => pipeline.OnLane(
        () =>
        {
            ResolvedRequest resolved = pipeline.Generator.Choose(pipeline.Resolve(request));
            double expected = pipeline.Explain(resolved).Expected.Denoising.TotalSeconds;
            IReadOnlyDictionary<string, HostTensor> conditioning = pipeline.Model.Conditioner.Encode(resolved.Conditioning, cancellation);
            long start = Stopwatch.GetTimestamp();
            pipeline.Generator.Denoise(resolved, conditioning, null, null, cancellation);
            return (expected, Stopwatch.GetElapsedTime(start).TotalSeconds);
        },
        cancellation);

    private static string Deviations(string how, IEnumerable<double> ratios)
    {
        double[] off = [.. ratios.Select(ratio => Math.Abs(ratio - 1))];
        return $"**{how}: median deviation {Percent(Statistics.Median(off))}, the largest {Percent(off.Max())}, {off.Count(o => o <= 0.1)} of {off.Length} within 10 %**";
    }

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{100 * share:0.0} %");
}
