namespace IlgpuDiffusion.Cli;

/// <summary>What the command line needs of the world; tests give their own.</summary>
internal sealed record CliHost
{
    public static CliHost System { get; } = new()
    {
        Output = Console.Out,
        Error = new QuietWriter(Console.Error),
        Input = Console.In,
        OpenOutput = Console.OpenStandardOutput,
        ShowsProgress = !Console.IsErrorRedirected,
        OutputIsTerminal = !Console.IsOutputRedirected,
        Open = PipelineGenerator.Open,
    };

    /// <summary>Results: names of written files, tables.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Prompts, where they are asked for from there.</summary>
    public required TextReader Input { get; init; }

    /// <summary>Errors, warnings, progress.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Whether a person watches <see cref="Error"/>.</summary>
    public bool ShowsProgress { get; init; }

    /// <summary>Whether a person, not a program, reads <see cref="Output"/>.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>The bytes behind <see cref="Output"/>.</summary>
    public required Func<Stream> OpenOutput { get; init; }

    public required Func<string, PipelineOptions, IGenerator> Open { get; init; }

    /// <summary>Opens a model for commands that explain it or measure it.</summary>
    public Func<string, PipelineOptions, DiffusionPipeline> OpenPipeline { get; init; } = DiffusionPipeline.Open;
}
