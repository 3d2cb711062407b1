using System.CommandLine;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Perf.Verbs;

/// <summary>How far the rungs of the published ladder are from exact pictures, and what budgets do at the same error: on a narrow network of as many blocks with random weights.</summary>
internal static class LadderErrorVerb
{
    private const int Blocks = 24;

    // Of no seed that is measured.
    private const ulong CalibrationSeed = 11;

    public static Command Create()
    {
        Option<int> pictures = new("--pictures") { Description = "Pictures, each of another seed.", DefaultValueFactory = _ => 3 };
        Option<double> minutes = new("--minutes") { Description = "About how long to calibrate.", DefaultValueFactory = _ => 1.5 };
        Option<int> threads = new("--threads", "-t") { Description = "Worker threads.", DefaultValueFactory = _ => CpuTopology.PhysicalCores };
        Command command = new("ladder-error", "The ladder's rungs and calibrated budgets against exact pictures, on a narrow network of 24 blocks.") { pictures, minutes, threads };
        command.SetAction(async (parsed, cancellation) =>
        {
            string folder = Directory.CreateTempSubdirectory("ilgpu-diffusion-deep-").FullName;
            try
            {
                DeepModel.Write(Path.Combine(folder, "sd3"), Blocks);
                await Measure(Path.Combine(folder, "sd3"), Path.Combine(folder, "cache"), parsed.GetValue(pictures), parsed.GetValue(minutes), parsed.GetValue(threads), cancellation);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    private static async Task Measure(string model, string cache, int pictures, double minutes, int threads, CancellationToken cancellation)
    {
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(model, new PipelineOptions { Threads = threads, CacheFolder = cache });
        GenerationRequest request = new() { Prompt = "an autumn field under a blue sky", Width = 128, Height = 128, Steps = 28, CfgScale = 7, Seed = CalibrationSeed };
        await pipeline.CalibrateAsync(request, new CalibrationOptions { Time = TimeSpan.FromMinutes(minutes) }, cancellationToken: cancellation);
        ITechnique[] ladder = [.. AccelerationPolicy.MindOne.Techniques];
        List<(string Name, GenerationRequest Request)> ways =
        [
            ("DiTCache", request with { Policy = new(ladder.OfType<DiTCache>().Single()) }),
            ("+ PromptGate", request with { Policy = new([.. ladder.Where(technique => technique is not ToDo)]) }),
            ("+ ToDo", request with { Policy = AccelerationPolicy.MindOne }),
            .. new[] { 1.5, 2, 2.5, 3, 4, 5 }.Select(times => ($"budget {times}x", request with { Budget = AccelerationBudget.Parse(FormattableString.Invariant($"{times}x")) })),
        ];
        double exact = pipeline.Explain(request).Flops;
        List<string[]> rows = [];
        List<Image> truth = [];
        for (int i = 0; i < pictures; i++)
        {
            truth.Add((await pipeline.GenerateAsync(request with { Seed = (ulong)i + 1 }, cancellationToken: cancellation)).Images[0].Image);
        }

        Report report = new("ladder-error", "The ladder's error, and budgets beside it", Machine.Read());
        foreach ((string name, GenerationRequest way) in ways)
        {
            Explanation plan = pipeline.Explain(way);
            List<double> psnr = [];
            for (int i = 0; i < pictures; i++)
            {
                psnr.Add(ImageMetrics.Psnr(truth[i], (await pipeline.GenerateAsync(way with { Seed = (ulong)i + 1 }, cancellationToken: cancellation)).Images[0].Image));
            }

            rows.Add([name, FormattableString.Invariant($"{exact / plan.Flops:0.00}"), FormattableString.Invariant($"{psnr.Average():0.0}"), FormattableString.Invariant($"{psnr.Min():0.0}"), plan.Choice is { } choice ? $"`{choice.Policy.ToJson()}`" : ""]);
            report.Number(name, new { work = exact / plan.Flops, psnr });
        }

        report.Say($"The recorded tiny Stable Diffusion 3 with {Blocks} blocks, random weights; 128², 28 steps, guidance 7, {pictures} pictures; {pipeline.DeviceName}. Budgets go by a calibration of this model with another seed. What random weights say of a trained model's error is the order at most.");
        report.Table(["", "operations of exact over these", "PSNR, dB", "least", "what a budget chose"], rows);
        report.Save();
    }
}
