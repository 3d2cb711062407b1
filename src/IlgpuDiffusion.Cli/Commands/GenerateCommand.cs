using System.CommandLine;
using System.Globalization;
using IlgpuDiffusion.Imaging;

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
        command.SetAction((parsed, cancellation) => RunAsync(GenerateSettings.Read(parsed, options, host.Input), host, cancellation));
    }

    private static async Task<int> RunAsync(GenerateSettings settings, CliHost host, CancellationToken cancellation)
    {
        if (settings.Output.IsStandardOutput && host.OutputIsTerminal)
        {
            throw new UsageException("--output - writes the picture's bytes to standard output, which is a terminal. Redirect it, as in '> picture.png', or name a file.");
        }

        settings.Output.CheckWritable();
        if (settings.PreviewPath is { } preview)
        {
            AtomicFile.CheckWritable(preview);
        }

        settings.Announce(host.Error);

        // A seed that nobody chose is told however the output is read.
        if (settings.SeedIsDrawn && !(host.OutputIsTerminal && !settings.Quiet))
        {
            host.Error.WriteLine($"seed {settings.Request.Seed}");
        }

        if (settings.Verbose)
        {
            host.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"model {settings.Model}, threads {(settings.Options.Threads == 0 ? Environment.ProcessorCount : settings.Options.Threads)}, seed {settings.Request.Seed}, pictures {settings.Prompts.Count * settings.Request.BatchCount}, rng {settings.Request.Rng}"));
        }

        CliHost quiet = settings.Quiet ? host with { ShowsProgress = false } : host;
        await ProgressDisplay.RunAsync(quiet, display => new PictureRun(settings, quiet, display).RunAsync(cancellation)).ConfigureAwait(false);
        return ExitCodes.Done;
    }
}
