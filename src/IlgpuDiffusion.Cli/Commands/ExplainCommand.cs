using System.CommandLine;

namespace IlgpuDiffusion.Cli;

/// <summary><c>explain</c>: what <c>generate</c> would run with the same options; no weight is read.</summary>
internal static class ExplainCommand
{
    public static Command Create(CliHost host)
    {
        GenerateOptions options = new();
        Option<bool> launches = OptionFactory.Flag("--launches", [], "Lists every launch: operation, layer, shape, work.");
        Command command = new("explain", "Says what generate would run with the same options: stages, operations, FLOPs, memory. Reads no weights.");
        options.AddTo(command, writesPictures: false);
        command.Options.Add(launches);
        command.SetAction(async (parsed, _) =>
        {
            GenerateSettings settings = GenerateSettings.Read(parsed, options, input: null);
            await using DiffusionPipeline pipeline = DiffusionPipeline.Open(settings.Model, settings.Options);
            ExplanationText.Write(host.Output, pipeline, pipeline.Explain(settings.Request), parsed.GetValue(launches));
            return ExitCodes.Done;
        });
        return command;
    }
}
