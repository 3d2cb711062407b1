using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Papercut;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>Pictures of the model that ships against the CPU device's, in each storage type; and whether the same request gives the same bits.</summary>
internal sealed class PicturesStep() : GpuStep("pictures", "Pictures", 120)
{
    private const string Prompt = "a blue lake at sunset with a boat with a white sail on the left and the sun on the right";

    /// <summary>A request for a picture of the model that ships.</summary>
    public static GenerationRequest Request(int side, int steps, int count = 1) => new() { Prompt = Prompt, Seed = 7, Width = side, Height = side, Steps = steps, BatchCount = count };

    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        (int Side, int Steps)[] sizes = bench.Quick ? [(64, 1)] : [(64, 4), (256, 25)];
        Image[] truths = Paint(new PipelineOptions(), [.. sizes.Select(s => Request(s.Side, s.Steps))]).Select(images => images[0]).ToArray();
        bool same = true;
        foreach (ElementType type in bench.Quick ? bench.Types.Take(1) : bench.Types)
        {
            double least = double.PositiveInfinity;
            int failures = bench.Failures;
            bench.Try("picture", $"{type}", () =>
            {
                // Each size twice, and the smallest in a batch of two.
                (int small, int few) = sizes[0];
                GenerationRequest[] requests = [.. sizes.Select(s => Request(s.Side, s.Steps)), .. sizes.Select(s => Request(s.Side, s.Steps)), Request(small, few, count: 2)];
                List<Image[]> images = Paint(bench, type, requests);
                for (int i = 0; i < sizes.Length; i++)
                {
                    double psnr = ImageMetrics.Psnr(images[i][0], truths[i]);
                    least = Math.Min(least, psnr);
                    same &= Same(bench, $"{type} {sizes[i].Side}² in two runs", images[i][0], images[sizes.Length + i][0]);
                    bench.Row("picture", $"{type} {sizes[i].Side}², {sizes[i].Steps} steps", new() { ["PSNR dB"] = psnr, ["largest difference"] = ImageMetrics.MaxDifference(images[i][0], truths[i]) });
                }

                same &= Same(bench, $"{type} alone and in a batch", images[0][0], images[^1][0]);
            });
            same &= failures == bench.Failures;
            if (failures == bench.Failures && !bench.Quick)
            {
                bench.Measure($"psnr.{type}", least);
            }
        }

        bench.Measure("pictures.same-bits", same ? 1 : 0);
    }

    private static List<Image[]> Paint(GpuBench bench, ElementType type, GenerationRequest[] requests) =>
        Paint(new PipelineOptions { Device = () => bench.Open(), Type = type }, requests);

    private static List<Image[]> Paint(PipelineOptions options, GenerationRequest[] requests)
    {
        DiffusionPipeline pipeline = DiffusionPipeline.Open(PapercutModel.Folder, options);
        try
        {
            return [.. requests.Select(request => pipeline.GenerateAsync(request).GetAwaiter().GetResult().Images.Select(image => image.Image).ToArray())];
        }
        finally
        {
            pipeline.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static bool Same(GpuBench bench, string what, Image a, Image b)
    {
        bool same = a.Pixels.AsSpan().SequenceEqual(b.Pixels);
        bench.Row("bits", what, new() { ["equal"] = same ? 1 : 0 });
        return same;
    }
}
