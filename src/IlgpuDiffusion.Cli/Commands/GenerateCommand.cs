using System.CommandLine;
using System.Diagnostics;
using System.Globalization;

using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Cli;

/// <summary><c>generate</c>, also what the program does without a command: loads the model and writes each picture as soon as it is done.</summary>
internal static class GenerateCommand
{
    public static Command Create(CliHost host)
    {
        Command command = new("generate", "Paints pictures (the default command).");
        Configure(command, host);
        return command;
    }

    public static void Configure(Command command, CliHost host)
    {
        GenerateOptions options = new();
        options.AddTo(command);
        command.SetAction((parsed, cancellation) => RunAsync(GenerateSettings.Read(parsed, options), host, cancellation));
    }

    private static async Task<int> RunAsync(GenerateSettings settings, CliHost host, CancellationToken cancellation)
    {
        settings.Output.CheckWritable();
        foreach (string warning in settings.Warnings)
        {
            host.Error.WriteLine($"warning: {warning}");
        }

        if (settings.DeviceNote is { } note)
        {
            host.Error.WriteLine(note);
        }

        if (settings.Verbose)
        {
            Describe(settings, host.Error);
        }

        await ProgressDisplay.RunAsync(host, async display =>
        {
            display.Begin("opening the model");
            Stopwatch watch = Stopwatch.StartNew();
            GenerationRequest request = settings.Request;
            await using IGenerator generator = host.Open(settings.Model, settings.Options with { Loading = display });
            generator.Check(request with { BatchCount = 1 });
            Say($"opened in {Seconds(watch.Elapsed)} on {generator.Device}");
            for (int i = 0; i < request.BatchCount; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                watch.Restart();
                display.Begin(request.BatchCount == 1 ? "painting" : $"picture {i + 1} of {request.BatchCount}");

                // One at a time, so that every finished picture is on the disk before the next begins; a seed's picture does not depend on its batch.
                GenerationResult result = await generator.GenerateAsync(request with { Seed = request.Seed + i, BatchCount = 1 }, display, cancellation).ConfigureAwait(false);
                foreach (GeneratedImage image in result.Images)
                {
                    string path = settings.Output.Write(PngWriter.Encode(image.Image, settings.StoresMetadata ? [new PngText(ParametersText.Keyword, image.Parameters)] : []));
                    display.Print(host.OutputIsTerminal ? $"{path}  (seed {image.Seed}, {Seconds(watch.Elapsed)})" : path);
                }
            }
        }).ConfigureAwait(false);
        return ExitCodes.Done;

        void Say(string line)
        {
            if (settings.Verbose)
            {
                host.Error.WriteLine(line);
            }
        }
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static void Describe(GenerateSettings settings, TextWriter error)
    {
        GenerationRequest r = settings.Request;
        string Or(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : "the model's";
        error.WriteLine($"model {settings.Model}, threads {(settings.Options.Threads == 0 ? Environment.ProcessorCount : settings.Options.Threads)}");
        error.WriteLine($"seed {r.Seed}, pictures {r.BatchCount}, size {Or(r.Width)} x {Or(r.Height)}, steps {Or(r.Steps)}, sampler {Or(r.Sampler)}, scheduler {Or(r.Scheduler)}, guidance {Or(r.CfgScale)}, rng {r.Rng}");
    }
}
