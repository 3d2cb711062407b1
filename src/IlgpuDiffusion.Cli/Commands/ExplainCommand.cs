using System.CommandLine;

namespace IlgpuDiffusion.Cli;

/// <summary><c>explain</c>: what <c>generate</c> would run with the same options; no weight is read.</summary>
internal static class ExplainCommand
{
    public static Command Create(CliHost host)
    {
        GenerateOptions options = new();
        Option<bool> launches = OptionFactory.Flag("--launches", [], "Lists every launch: operation, layer, shape, work.");
        Option<bool> layers = OptionFactory.Flag("--layers", [], "Lists every layer of attention, rather than a line for each depth.");
        Option<bool> json = OptionFactory.Flag("--json", [], "Prints all of it as one object of JSON: programs, plan, layers, expected seconds and likeness, memory.");
        Command command = new("explain", "Says what generate would run with the same options: programs, the plan of a policy and why something is off, where the work lies, expected seconds and likeness, memory. Runs nothing.");
        options.AddTo(command, writesPictures: false);
        command.Options.Add(layers);
        command.Options.Add(launches);
        command.Options.Add(json);
        command.SetAction(async (parsed, _) =>
        {
            GenerateSettings settings = GenerateSettings.Read(parsed, options, input: null);
            settings.Announce(host.Error);
            await using DiffusionPipeline pipeline = host.OpenPipeline(settings.Model, settings.Options);
            Explanation explanation = pipeline.Explain(settings.Request);
            if (parsed.GetValue(json))
            {
                host.Output.WriteLine(ExplanationJson.Of(pipeline, explanation));
            }
            else
            {
                ExplanationText.Write(host.Output, pipeline, explanation, parsed.GetValue(layers), parsed.GetValue(launches));
            }

            return ExitCodes.Done;
        });
        return command;
    }
}
