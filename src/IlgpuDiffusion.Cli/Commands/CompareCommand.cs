using System.CommandLine;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Cli;

/// <summary><c>compare</c>: the exact picture and any number of accelerated ones at one seed.</summary>
internal static class CompareCommand
{
    private const string DefaultSheet = "compare.png";

    public static Command Create(CliHost host)
    {
        GenerateOptions options = new();
        Option<string[]> with = new("--with") { Description = "What to hold against the exact picture: a budget (2x, 3s, 40dB), a preset or policy by name, a JSON file, or JSON. May be repeated.", HelpName = "policy|budget" };
        Option<string?> output = OptionFactory.Text("--output", ["-o"], "file", $"The contact sheet, PNG: the exact picture and the others from left to right, with their policies, times and likeness, below them what they differ by, eight times as strong; that row alone is written beside it as …-difference.png. [default: {DefaultSheet}]");
        Option<bool> json = OptionFactory.Flag("--json", [], "Prints a line of JSON for every picture: policy, times, PSNR, SSIM, error of detail.");
        Command command = new("compare", "Paints the exact picture and accelerated ones at one seed: a contact sheet, times and likeness.") { with, output, json };
        options.AddTo(command, writesPictures: false);

        // It is refused by a sentence, and not offered.
        options.BatchCount.Hidden = true;
        command.SetAction(async (parsed, cancellation) =>
        {
            GenerateSettings settings = GenerateSettings.Read(parsed, options, input: null);
            settings.RequireOnePicture("compare holds one picture of each policy against the exact one");
            List<(string Name, GenerationRequest Request)> asked = [.. Asked(parsed.GetValue(with) ?? [], settings.Request, PolicyChoice.Typed(parsed, options))];
            (string sheet, string difference) = Files(parsed.GetValue(output) ?? DefaultSheet);
            settings.Announce(host.Error);
            List<(ComparedPicture Told, Image Picture)> pictures = [];
            await using DiffusionPipeline pipeline = host.OpenPipeline(settings.Model, settings.Options);
            await ProgressDisplay.RunAsync(host, display => PaintAsync(pipeline, asked, pictures, display, cancellation)).ConfigureAwait(false);
            Image[] row = [.. pictures.Select(p => p.Picture)], differences = [.. row.Select(picture => ContactSheet.Difference(row[0], picture))];
            PngWriter.Write(sheet, ContactSheet.Of([.. pictures.Select(p => p.Told.Caption())], row, differences));
            PngWriter.Write(difference, ContactSheet.Of([], [differences]));
            if (parsed.GetValue(json))
            {
                pictures.ForEach(p => host.Output.WriteLine(p.Told.Line()));
            }
            else
            {
                ComparedPicture.WriteTable(host.Output, pictures.Select(p => p.Told));
                host.Output.WriteLine($"{sheet}, {difference}");
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private static (string Sheet, string Difference) Files(string output)
    {
        if (PngName.IsStandardOutput(output) || SpecialFile.Is(output))
        {
            throw new UsageException($"--output is '{output}', but compare writes two pictures, one beside the other: name a file such as {DefaultSheet}.");
        }

        OutputNames names = OutputNames.Parse(output, inFolder: DefaultSheet);
        names.CheckWritable();
        string sheet = names.Next(), difference = Path.ChangeExtension(sheet, null) + "-difference.png";
        AtomicFile.CheckWritable(difference);
        return (sheet, difference);
    }

    // The exact request first. What the usual options ask for is one more.
    private static IEnumerable<(string Name, GenerationRequest Request)> Asked(string[] names, GenerationRequest request, string? typed)
    {
        GenerationRequest exact = request with { Policy = null, Budget = null };
        yield return (ComparedPicture.Exact, exact);
        if (request.Budget is { } budget)
        {
            yield return (typed ?? budget.ToString(), exact with { Budget = budget });
        }
        else if (request.Policy is { } policy)
        {
            yield return (typed ?? policy.ToJson(), exact with { Policy = policy });
        }
        else if (names.Length == 0)
        {
            throw new UsageException("compare needs something to hold against the exact picture: --with 2x, --with balanced, --with my.json, or an option such as --deepcache 3.");
        }

        foreach (string name in names)
        {
            (AccelerationPolicy? given, AccelerationBudget? bound) = PolicyChoice.Parse(name, "--with");
            yield return (name, exact with { Policy = given, Budget = bound });
        }
    }

    private static async Task PaintAsync(DiffusionPipeline pipeline, List<(string Name, GenerationRequest Request)> asked, List<(ComparedPicture Told, Image Picture)> pictures, ProgressDisplay display, CancellationToken cancellation)
    {
        if (asked.Any(one => one.Request.Budget is not null))
        {
            display.Begin("measuring this device");
            await PipelineGenerator.MeasureAsync(pipeline, asked[0].Request, display, cancellation).ConfigureAwait(false);
        }

        PlannedRequest[] planned = [.. asked.Select(one => pipeline.Plan(one.Request))];
        Explanation exactly = planned[0].Explain();
        foreach (string warning in exactly.Warnings.Concat(asked.Zip(planned).Skip(1).SelectMany(one => one.Second.Explain().Warnings.Except(exactly.Warnings).Select(warning => $"{one.First.Name}: {warning}"))))
        {
            display.Warn(GenerateSettings.Warning(warning));
        }

        // Weights are brought in and kernels made ready by a run that nobody times.
        display.Begin("warming up");
        await ShortRun.Plan(pipeline, asked[0].Request, least: 1, most: exactly.AskedSteps).GenerateAsync(cancellationToken: cancellation).ConfigureAwait(false);
        GenerationResult? exact = null;
        for (int i = 0; i < planned.Length; i++)
        {
            display.Begin($"{asked[i].Name}, {i + 1} of {planned.Length}");
            Explanation explained = planned[i].Explain();
            GenerationResult result = await planned[i].GenerateAsync(display, cancellation).ConfigureAwait(false);
            exact ??= result;
            pictures.Add((ComparedPicture.Of(asked[i].Name, explained, result.Images[0].Metadata.Policy, result, exact), result.Images[0].Image));
        }
    }
}
