using System.CommandLine;
using System.Globalization;

namespace IlgpuDiffusion.Cli;

/// <summary><c>calibrate</c>: measures device and model for budgets.</summary>
internal static class CalibrateCommand
{
    private static readonly string[] Shown = ["1.25x", "1.5x", "2x", "2.5x", "3x", "4x", "5x"];

    public static Command Create(CliHost host)
    {
        GenerateOptions options = new();
        Option<double?> minutes = OptionFactory.Number("--minutes", [], "n", "About how long at most. The longer, the more ways are tried and the more pictures are held against exact ones; what is of most use comes first, and the least takes the time of four or five exact pictures. [default: 4]", 0, 1000, above: true);
        Option<int?> pictures = OptionFactory.Whole("--pictures", [], "n", "Pictures at most. [default: 4]", least: 1, most: 64);
        Command command = new("calibrate", "Measures what kernels take on this device, and how far a model's pictures are from exact ones when less is computed. --budget and the presets go by it; it is kept for later. What was measured with one sampler tells of others only the order in which ways lose. Ctrl+C keeps what was measured, unless it is too little or the same was measured before.") { minutes, pictures };
        options.AddTo(command, writesPictures: false);

        // They are refused by a sentence, and not offered.
        foreach (Option option in options.OfPolicy.Append(options.BatchCount))
        {
            option.Hidden = true;
        }

        command.SetAction(async (parsed, cancellation) =>
        {
            GenerateSettings settings = GenerateSettings.Read(parsed, options, input: null);
            if (settings.Request.Policy is not null || settings.Request.Budget is not null)
            {
                throw new UsageException("calibrate measures ways of computing less of its own, against exact pictures: leave --policy, --budget and options of techniques out. 'compare' measures a policy.");
            }

            settings.RequireOnePicture("calibrate paints as many pictures as it needs, at most so many as --pictures says");
            CalibrationOptions calibration = new();
            calibration = calibration with { Time = TimeSpan.FromMinutes(parsed.GetValue(minutes) ?? calibration.Time.TotalMinutes), Pictures = parsed.GetValue(pictures) ?? calibration.Pictures };
            await using DiffusionPipeline pipeline = host.OpenPipeline(settings.Model, settings.Options);
            settings.Announce(host.Error, pipeline.Explain(settings.Request).Warnings);
            try
            {
                await ProgressDisplay.RunAsync(host, async display =>
                {
                    display.Begin("calibrating");
                    await pipeline.CalibrateAsync(settings.Request, calibration, display, cancellation).ConfigureAwait(false);
                }).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                host.Error.WriteLine(IsKnown(pipeline, settings.Request) ? "What was measured until now, or with the same settings before, is kept." : "Nothing is kept: less was measured than is of use.");
                throw;
            }

            List<string[]> rows = [["budget", "expected s", "times as fast", "dB", ""]];
            foreach (string budget in Shown)
            {
                rows.Add(Row(pipeline, settings.Request, budget));
            }

            TextTable.Write(host.Output, rows, "lrrrl");
            return ExitCodes.Done;
        });
        return command;
    }

    // Whether a measurement with these very settings serves.
    private static bool IsKnown(DiffusionPipeline pipeline, GenerationRequest request) =>
        pipeline.Explain(request with { Budget = Acceleration.AccelerationBudget.Times(1) }).Choice is { IsCalibrated: true, MeasuredWith: "this model" };

    private static string[] Row(DiffusionPipeline pipeline, GenerationRequest request, string budget)
    {
        try
        {
            AccelerationChoice choice = pipeline.Explain(request with { Budget = Acceleration.AccelerationBudget.Parse(budget) }).Choice!;
            return [budget, Number(choice.Seconds), Number(choice.ExactSeconds / choice.Seconds), choice.Psnr is double.PositiveInfinity ? "exact" : choice.Psnr is { } psnr ? FormattableString.Invariant($"{psnr:0.0}{(choice.PsnrSpread is { } spread ? FormattableString.Invariant($" ± {spread:0.0}") : "")}") : "", choice.Does];
        }
        catch (RequestException)
        {
            return [budget, "", "", "", "cannot be met"];
        }
    }

    private static string Number(double number) => number.ToString("0.00", CultureInfo.InvariantCulture);
}
