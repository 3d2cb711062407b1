using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Reflection;
using System.Text.RegularExpressions;

using IlgpuDiffusion.Gpu;

namespace IlgpuDiffusion.Cli;

/// <summary>The commands, and what becomes of everything that goes wrong.</summary>
internal static partial class CommandLine
{
    private const string Examples = """

        Examples:
          ilgpu-diffusion -p "a red house in a green meadow by day" -s 7
          ilgpu-diffusion -m ./stable-diffusion-v1-5 -p "a lighthouse" -n "blurry" -W 512 -H 512 -b 4
          ilgpu-diffusion -p "the same at night" -i picture.png --strength 0.6
          ilgpu-diffusion --from picture.png --steps 30
          ilgpu-diffusion -p "the same, faster" --budget 2x
          ilgpu-diffusion compare -p "a red house by day" --with 2x --with turbo
          ilgpu-diffusion --prompts prompts.txt -q -o out/
          ilgpu-diffusion inspect ./stable-diffusion-v1-5

        'ilgpu-diffusion COMMAND --help' or 'help COMMAND' says more of a command. Models are .safetensors or .gguf files, or folders in the layout of diffusers, as Hugging Face has them.
        Exit codes: 0 done; 1 a model, file or device cannot be used or failed; 2 the command line is wrong; 3 diff found a difference; 130 cancelled.

        """;

    public static async Task<int> RunAsync(string[] args, CliHost host, CancellationToken cancellation)
    {
        RootCommand root = Build(host);
        try
        {
            args = ArgumentWords.Arrange(args, root);
        }
        catch (UsageException e)
        {
            host.Error.WriteLine($"error: {e.Message}");
            return ExitCodes.Usage;
        }

        ParseResult parsed = root.Parse(args, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        bool verbose = args.Contains("-v") || args.Contains("--verbose");
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
        {
            return ReportUsage(parsed, host);
        }

        try
        {
            RequireWorkingFolder();
            InvocationConfiguration configuration = new() { Output = host.Output, Error = host.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return await parsed.InvokeAsync(configuration, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            host.Error.WriteLine("cancelled");
            return ExitCodes.Cancelled;
        }
        catch (Exception e) when (e is UsageException or RequestException)
        {
            host.Error.WriteLine($"error: {Plain(e)}");
            return ExitCodes.Usage;
        }
#pragma warning disable CA1031 // The edge of the program: a person reads one line, and the trace on request.
        catch (Exception e)
        {
            return ReportFailure(e, host, verbose);
        }
#pragma warning restore CA1031
    }

    internal static RootCommand Build(CliHost host)
    {
        RootCommand root = new("Stable Diffusion in C#: a prompt becomes a picture. Without a command it generates; without a model it uses the small one that ships (papercut: landscapes, best at 128 to 320 pixels).");
        GenerateCommand.Configure(root, host);
        root.Add(GenerateCommand.Create(host));
        root.Add(InspectCommand.Create(host));
        root.Add(MetadataCommand.Create(host));
        root.Add(ExplainCommand.Create(host));
        root.Add(CompareCommand.Create(host));
        root.Add(CalibrateCommand.Create(host));
        root.Add(SamplersCommand.Create(host));
        root.Add(DevicesCommand.Create(host));
        root.Add(DiffCommand.Create(host));
        root.Add(CompletionCommand.Create(host));
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpWithExamples((HelpAction)help.Action!, root);
        }

        foreach (VersionOption version in root.Options.OfType<VersionOption>())
        {
            version.Action = new VersionWithIlgpu();
        }

        return root;
    }

    private static int ReportUsage(ParseResult parsed, CliHost host)
    {
        Command command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens.Count > 0)
        {
            string token = parsed.UnmatchedTokens[0];
            string[] known = [.. token.StartsWith('-')
                ? command.Options.Where(o => !o.Hidden).SelectMany(o => o.Aliases.Append(o.Name))
                : command.Subcommands.Select(c => c.Name)];
            string nearest = ForeignOptions.Nearest(token, known) is { } name ? $" Did you mean '{name}'?" : string.Empty;
            host.Error.WriteLine(
                !known.Contains(token) && ForeignOptions.Explain(token) is { } foreign ? $"error: {foreign}"
                : token.StartsWith('-') ? $"error: Unknown option '{token}'.{nearest}"
                : $"error: Unexpected argument '{token}'.{nearest} A prompt goes behind -p, in quotes.");
        }
        else
        {
            foreach (string message in parsed.Errors.Select(e => e.Message).Distinct())
            {
                host.Error.WriteLine($"error: {message}");
            }
        }

        host.Error.WriteLine($"See 'ilgpu-diffusion {(command is RootCommand ? string.Empty : command.Name + " ")}--help'.");
        return ExitCodes.Usage;
    }

    private static void RequireWorkingFolder()
    {
        try
        {
            _ = Directory.GetCurrentDirectory();
        }
        catch (IOException e)
        {
            throw new DirectoryNotFoundException("The working folder does not exist any more. Change to one that does.", e);
        }
    }

    private static int ReportFailure(Exception e, CliHost host, bool verbose)
    {
        Exception shown = e is AggregateException { InnerExceptions: [var only] } ? only : e;
        bool expected = shown is IOException or InvalidDataException or ArgumentException or NotSupportedException or UnauthorizedAccessException or InvalidOperationException or OutOfMemoryException or DiffusionException;
        host.Error.WriteLine($"error: {(expected ? string.Empty : "(a fault of this program) ")}{Plain(shown)}");
        if (verbose)
        {
            host.Error.WriteLine(e);
        }
        else if (!expected)
        {
            host.Error.WriteLine("Run it again with -v for the details.");
        }

        return ExitCodes.Failed;
    }

    private static string Plain(Exception e) => ParameterSuffix().Replace(e.Message, string.Empty);

    [GeneratedRegex(@" \(Parameter '[^']*'\)")]
    private static partial Regex ParameterSuffix();

    /// <summary>The program's version, and which ILGPU is built in.</summary>
    private sealed class VersionWithIlgpu : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            string version = typeof(CommandLine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";
            parseResult.InvocationConfiguration.Output.WriteLine($"{version} with {IlgpuBuild.Text}");
            return ExitCodes.Done;
        }
    }

    /// <summary>The usual help, and examples below that of the program itself.</summary>
    private sealed class HelpWithExamples(HelpAction help, RootCommand root) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            int code = help.Invoke(parseResult);
            if (parseResult.CommandResult.Command == root)
            {
                parseResult.InvocationConfiguration.Output.Write(Examples);
            }

            return code;
        }
    }
}
