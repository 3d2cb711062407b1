using System.Globalization;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Papercut;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>From the start of a process to its first finished picture, with an empty cache of the driver's and with a full one.</summary>
internal sealed class ColdStep() : GpuStep("cold", "Cold start", 120)
{
    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        string folder = Directory.CreateTempSubdirectory("first-picture").FullName;
        try
        {
            Dictionary<string, string> environment = new() { ["CUDA_CACHE_PATH"] = Path.Combine(folder, "cache") };
            Directory.CreateDirectory(environment["CUDA_CACHE_PATH"]);
            string file = Path.Combine(folder, "first.png");
            foreach (string cache in bench.Quick ? (string[])["empty"] : ["empty", "full", "full"])
            {
                bench.Try("first picture", cache, () =>
                {
                    string[] arguments = ["gpu", "--first-picture", file, "--device", bench.Options.Kind.Text(), .. bench.Quick ? ["--quick"] : (string[])[]];
                    (string output, double seconds) = ChildProcess.Run(ChildProcess.Self, environment, arguments);
                    bench.Row("first picture", $"the driver's cache {cache}", new() { ["s from start to PNG"] = seconds }, output.Trim());
                    File.Delete(file);
                });
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The process that is timed: one picture of the model that ships, saved.</summary>
    public static async Task Paint(GpuRunOptions options, string file)
    {
        await using DiffusionPipeline pipeline = await DiffusionPipeline.LoadAsync(PapercutModel.Folder, new PipelineOptions { Device = () => GpuDevice.Open(options.Kind) });
        GenerationResult result = await pipeline.GenerateAsync(options.Quick ? PicturesStep.Request(64, 1) : PicturesStep.Request(256, 25));
        result.Images[0].Image.Save(file);
        GenerationTimes times = result.Times;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"text {times.Text.TotalSeconds:F2} s, denoising {times.Denoising.TotalSeconds:F2} s, decoding {times.Decoding.TotalSeconds:F2} s"));
    }
}
