namespace IlgpuDiffusion.Perf;

/// <summary>Where things lie in the checkout that this program was built from.</summary>
internal static class Checkout
{
    public static string Root { get; } = Find();

    /// <summary>Folders with names and shapes of full-size networks.</summary>
    public static string[] Keys => [Path.Combine(Root, "tests", "golden", "keys"), Path.Combine(Root, "perf", "keys")];

    public static string Peers => Path.Combine(Root, "perf", "peers");

    public static string Results => Path.Combine(Root, "perf", "results");

    /// <summary>OpenAI's CLIP vocabulary, which Stable Diffusion 1.x uses.</summary>
    public static string ClipTokenizer => Path.Combine(Root, "tests", "golden", "tokenizers", "clip");

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "IlgpuDiffusion.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException($"No IlgpuDiffusion.sln above {AppContext.BaseDirectory}: run the program from a checkout.");
    }
}
