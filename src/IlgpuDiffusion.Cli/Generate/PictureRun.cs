using System.Diagnostics;
using System.Globalization;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Cli;

/// <summary>Paints what was asked for: opens the model, and writes each picture as soon as it is done.</summary>
internal sealed class PictureRun(GenerateSettings settings, CliHost host, ProgressDisplay display) : IProgress<GenerationProgress>
{
    // Told when painting has begun: where it is refused, the refusal is enough.
    private readonly Queue<string> _warnings = new();

    public async Task RunAsync(CancellationToken cancellation)
    {
        display.Begin("opening the model");
        Stopwatch watch = Stopwatch.StartNew();
        await using IGenerator generator = host.Open(settings.Model, settings.Options with { Loading = display });
        foreach (string prompt in settings.Prompts)
        {
            Check(generator, settings.Request with { Prompt = prompt, BatchCount = 1 });
        }

        Detail($"opened in {Seconds(watch.Elapsed)} on {generator.Device}");
        int all = settings.Prompts.Count * settings.Request.BatchCount;
        int begun = 0;
        foreach (string prompt in settings.Prompts)
        {
            for (int i = 0; i < settings.Request.BatchCount; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                display.Begin(all == 1 ? "painting" : $"picture {++begun} of {all}");

                // One at a time, so that every finished picture is on the disk before the next begins; a seed's picture does not depend on its batch.
                await PaintAsync(generator, settings.Request with { Prompt = prompt, Seed = settings.Request.Seed + (ulong)i, BatchCount = 1 }, cancellation).ConfigureAwait(false);
            }
        }
    }

    public void Report(GenerationProgress value)
    {
        while (_warnings.TryDequeue(out string? warning))
        {
            display.Warn($"warning: {warning}");
        }

        display.Report(value);
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0#} s");

    private void Check(IGenerator generator, GenerationRequest request)
    {
        ResolvedSettings resolved = generator.Check(request);
        foreach (string warning in settings.Quiet ? [] : resolved.Warnings.Where(warning => !_warnings.Contains(warning)))
        {
            _warnings.Enqueue(warning);
        }

        Detail(string.Create(CultureInfo.InvariantCulture, $"{resolved.Width} x {resolved.Height} pixels, {resolved.Steps} steps ({resolved.Evaluations} evaluations), sampler {resolved.Sampler}{(resolved.Scheduler is null ? string.Empty : $", scheduler {resolved.Scheduler}")}, guidance {resolved.CfgScale}"));
    }

    private async Task PaintAsync(IGenerator generator, GenerationRequest request, CancellationToken cancellation)
    {
        Stopwatch watch = Stopwatch.StartNew();
        Action<Image>? preview = settings.PreviewPath is { } path ? image => PngWriter.Write(path, image) : null;
        GenerationResult result = await generator.GenerateAsync(request, this, preview, cancellation).ConfigureAwait(false);
        foreach (GeneratedImage image in result.Images)
        {
            byte[] png = PngWriter.Encode(image.Image, settings.StoresMetadata ? [new PngText(ParametersText.Keyword, image.Parameters)] : []);
            if (settings.Output.IsStandardOutput)
            {
                using Stream output = host.OpenOutput();
                output.Write(png);
            }
            else
            {
                string file = settings.Output.Write(png);
                display.Print(settings.Json ? PictureJson.Line(file, image, result.Times, watch.Elapsed, generator.Device)
                    : host.OutputIsTerminal && !settings.Quiet ? $"{file}  (seed {image.Seed}, {Seconds(watch.Elapsed)})"
                    : file);
            }
        }

        Detail($"text {Seconds(result.Times.Text)}, denoising {Seconds(result.Times.Denoising)}, decoding {Seconds(result.Times.Decoding)}");
    }

    private void Detail(string line)
    {
        if (settings.Verbose)
        {
            display.Warn(line);
        }
    }
}
