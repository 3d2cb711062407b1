using System.CommandLine;

namespace IlgpuDiffusion.Cli;

/// <summary><c>inspect</c>: what a file or folder holds, read from headers alone.</summary>
internal static class InspectCommand
{
    public static Command Create(CliHost host)
    {
        Argument<string> path = new("path") { Description = "A safetensors file, a model folder, or the folder of one component.", HelpName = "path" };
        Option<bool> tensors = OptionFactory.Flag("--tensors", [], "Lists every tensor with its type and shape.");
        Option<bool> verbose = OptionFactory.Flag("--verbose", ["-v"], "Shows the trace of an error.");
        Command command = new("inspect", "Says what a model is: family, parts, tensors, types, size; reads headers only.") { path, tensors, verbose };
        command.SetAction(parsed =>
        {
            ModelReport report = ModelReport.Read(parsed.GetRequiredValue(path));
            report.Write(host.Output, parsed.GetValue(tensors));
            foreach (string fault in report.Faults)
            {
                host.Error.WriteLine($"error: {fault}");
            }

            return report.Faults.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
        });
        return command;
    }
}
