using System.Diagnostics;
using System.Globalization;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Cli;

/// <summary>Paints what was asked for: opens the model, and writes each picture as soon as it is done.</summary>
internal sealed class PictureRun(GenerateSettings settings, CliHost host, ProgressDisplay display)
{
    // What one request may ask for.
    private const int MostOfARequest = 64;

    private readonly Queue<string> _warnings = new();
    private readonly Dictionary<GenerationRequest, double> _expected = [];
    private int _begun;

    public async Task RunAsync(CancellationToken cancellation)
    {
        display.Begin("opening the model");
        Stopwatch watch = Stopwatch.StartNew();
        await using IGenerator generator = host.Open(settings.Model, settings.Options with { Loading = display });
        GenerationRequest[] requests = [.. settings.Prompts.SelectMany(RequestsOf)];
        if (requests[0].Budget is not null)
        {
            display.Begin("measuring this device");
            await generator.MeasureAsync(requests[0], display, cancellation).ConfigureAwait(false);
        }

        foreach (GenerationRequest request in requests)
        {
            Check(generator, request);
        }

        Detail($"opened in {Seconds(watch.Elapsed)} on {generator.Device}");
        foreach (GenerationRequest request in requests)
        {
            cancellation.ThrowIfCancellationRequested();
            await PaintAsync(generator, request, cancellation).ConfigureAwait(false);
        }
    }

    // One at a time, so that every finished picture is on the disk before the next begins; a seed's picture does not depend on its batch.
    private IEnumerable<GenerationRequest> RequestsOf(string prompt)
    {
        int count = settings.Request.BatchCount;
        for (int first = 0; first < count; first += MostOfARequest)
        {
            yield return settings.Request with { Prompt = prompt, Seed = settings.Request.Seed + (ulong)first, BatchCount = Math.Min(MostOfARequest, count - first), BatchSize = count > 1 ? 1 : null };
        }
    }

    // Told when painting has begun: where it is refused, the refusal is enough.
    private void Report(GenerationProgress value)
    {
        while (_warnings.TryDequeue(out string? warning))
        {
            display.Warn(warning);
        }

        display.Report(value);
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0#} s");

    private void Check(IGenerator generator, GenerationRequest request)
    {
        ResolvedSettings resolved = generator.Check(request);
        _expected[request] = resolved.ExpectedSeconds;
        foreach (string warning in settings.Quiet ? [] : resolved.Warnings.Select(GenerateSettings.Warning).Where(warning => !_warnings.Contains(warning)))
        {
            _warnings.Enqueue(warning);
        }

        if (resolved.Choice is { } choice && !settings.Quiet && !_warnings.Contains(choice))
        {
            _warnings.Enqueue(choice);
        }

        Detail(string.Create(CultureInfo.InvariantCulture, $"{resolved.Width} x {resolved.Height} pixels, {resolved.Steps} steps ({resolved.Evaluations} evaluations), sampler {resolved.Sampler}{(resolved.Scheduler is null ? string.Empty : $", scheduler {resolved.Scheduler}")}, guidance {resolved.CfgScale}"));
        if (resolved.Decoding is { } decoding)
        {
            Detail(decoding);
        }
    }

    private async Task PaintAsync(IGenerator generator, GenerationRequest request, CancellationToken cancellation)
    {
        Stopwatch watch = Stopwatch.StartNew();
        (int told, int denoising) = (1, 0);
        void Begin(int picture)
        {
            if (picture > told && picture <= request.BatchCount)
            {
                told = picture;
                Next();
            }
        }

        Next();
        await generator.GenerateAsync(
            request,
            e =>
            {
                switch (e)
                {
                    case StepEvent step:
                        // Several may be denoised before the first is decoded.
                        denoising += step.Progress.Step == 1 ? 1 : 0;
                        Begin(denoising);
                        Report(step.Progress);
                        break;
                    case PreviewEvent preview when settings.PreviewPath is { } path:
                        PngWriter.Write(path, preview.Image);
                        break;
                    case PictureEvent picture:
                        Write(picture, watch.Elapsed, _expected[request], generator.Device);
                        watch.Restart();
                        Begin(picture.Index + 2);
                        break;
                }
            },
            cancellation).ConfigureAwait(false);
    }

    private void Next()
    {
        int all = settings.Prompts.Count * settings.Request.BatchCount;
        display.Begin(all == 1 ? "painting" : $"picture {++_begun} of {all}");
    }

    private void Write(PictureEvent picture, TimeSpan time, double expected, string device)
    {
        GeneratedImage image = picture.Picture;
        byte[] png = PngWriter.Encode(image.Image, settings.StoresMetadata ? [new PngText(ParametersText.Keyword, image.Parameters)] : []);
        if (settings.Output.IsStandardOutput)
        {
            Told("The picture could not be written", () =>
            {
                using Stream output = host.OpenOutput();
                output.Write(png);
            });
        }
        else
        {
            string file = settings.Output.Write(png);
            string line = settings.Json ? PictureJson.Line(file, image, picture.Times, time, expected, device)
                : host.OutputIsTerminal && !settings.Quiet ? $"{file}  (seed {image.Seed}, {Seconds(time)})"
                : file;
            Told($"'{file}' is written, but its name could not be told", () => display.Print(line));
        }

        Detail($"text {Seconds(picture.Times.Text)}, denoising {Seconds(picture.Times.Denoising)}, decoding {Seconds(picture.Times.Decoding)}; expected {Seconds(TimeSpan.FromSeconds(expected))} in all");
    }

    private static void Told(string failure, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{failure}: standard output is closed or full ({e.Message.TrimEnd('.')}).", e);
        }
    }

    private void Detail(string line)
    {
        if (settings.Verbose)
        {
            display.Warn(line);
        }
    }
}
