namespace IlgpuDiffusion.Cli;

/// <summary>What the process returns.</summary>
internal static class ExitCodes
{
    public const int Done = 0;

    /// <summary>A model, picture, file or device could not be used, or failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself is wrong.</summary>
    public const int Usage = 2;

    /// <summary><c>diff</c>: the devices are apart.</summary>
    public const int Different = 3;

    /// <summary>Ctrl-C, as shells count it: 128 + SIGINT.</summary>
    public const int Cancelled = 130;
}
