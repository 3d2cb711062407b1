using System.CommandLine;
using IlgpuDiffusion.Gpu;

namespace IlgpuDiffusion.Cli;

/// <summary><c>diff</c>: makes a picture on two devices at once and names the first launch by which they are apart.</summary>
internal static class DiffCommand
{
    private const string Prompt = "a red house in a green meadow by day";

    public static Command Create(CliHost host)
    {
        GenerateOptions options = new();
        Option<string[]> devices = new("--device") { Description = $"The two devices, the one that is believed first: {DeviceChoice.Names}. Twice the same is allowed.", HelpName = DeviceChoice.Names };
        Option<double?> tolerance = OptionFactory.Number("--tolerance", [], "x", $"What departs: a relative difference (Euclidean norms) above x, or one element's above {Graphs.Devices.LaunchComparison.PeakFactor:0} x in units of the root mean square. [default: {DiffTolerance.Single}, {DiffTolerance.Growth} times as much with --add-up, more for 16-bit results]", 0, double.PositiveInfinity);
        Option<bool> addUp = OptionFactory.Flag("--add-up", [], "Lets each device go on with its own results, so that differences add up. Without it the second is given the first's after every launch, and what departs is that launch's own fault.");
        Option<bool> all = OptionFactory.Flag("--all", [], "Lists every result, not the largest differences alone.");
        Command command = new("diff", $"Makes a picture on two devices at once, compares every launch, and names the first that departs. Exit code {ExitCodes.Different} if one does.") { devices };
        options.AddTo(command, writesPictures: false, oneDevice: false);
        command.Options.Add(tolerance);
        command.Options.Add(addUp);
        command.Options.Add(all);
        command.SetAction(async (parsed, cancellation) =>
        {
            string[] names = parsed.GetValue(devices) ?? [];
            if (names.Length != 2)
            {
                throw new UsageException($"diff compares two devices, but --device was given {(names.Length == 1 ? "once" : $"{names.Length} times")}: ilgpu-diffusion diff --device cpu --device ilgpu-cpu");
            }

            GenerateSettings settings = GenerateSettings.Read(parsed, options, input: null, oneDevice: false);
            settings.Announce(host.Error);
            GenerationRequest request = settings.Request with { Prompt = settings.Request.Prompt.Length > 0 ? settings.Request.Prompt : Prompt, BatchCount = 1 };
            PipelineOptions[] sides = [.. names.Select(name => settings.Options with { Device = DeviceChoice.Of(name, new GpuDeviceOptions { MemoryLimit = settings.Options.MemoryLimit }, out _) })];
            DiffTolerance allowed = new(parsed.GetValue(tolerance), !parsed.GetValue(addUp));
            DeviceDiff? diff = null;
            await ProgressDisplay.RunAsync(host, async display =>
            {
                display.Begin("comparing");
                diff = await DeviceDiff.RunAsync(settings.Model, request, sides[0], sides[1], allowed.IsIsolated, display, cancellation).ConfigureAwait(false);
            }).ConfigureAwait(false);
            DiffText.Write(host.Output, diff!, allowed, parsed.GetValue(all));
            return diff!.Launches.Any(allowed.IsExceededBy) ? ExitCodes.Different : ExitCodes.Done;
        });
        return command;
    }
}
