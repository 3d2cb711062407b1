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
        Option<string?> variant = OptionFactory.Text("--variant", [], "name", "Which variant of the weight files to read: fp16, bf16, non_ema …");
        Command command = new("inspect", "Says what a model is: family, parts, tensors, types, size, and whether it runs here; reads headers only. Of a picture it shows how it was made.") { path, tensors, variant, verbose };
        command.SetAction(parsed =>
        {
            if (MetadataCommand.IsPicture(parsed.GetRequiredValue(path)))
            {
                return MetadataCommand.Show(parsed.GetRequiredValue(path), host);
            }

            ModelReport report = ModelReport.Read(parsed.GetRequiredValue(path), parsed.GetValue(variant));
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
