namespace IlgpuDiffusion.Testing;

/// <summary>Where recordings of the reference implementations lie: <c>GOLDEN_ROOT</c>, or tests/golden of this checkout.</summary>
internal static class Golden
{
    public static string Root { get; } = Environment.GetEnvironmentVariable("GOLDEN_ROOT") is { Length: > 0 } set ? set : Path.Combine(Checkout, "tests", "golden");

    /// <summary>The folder that holds IlgpuDiffusion.sln.</summary>
    public static string Checkout
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "IlgpuDiffusion.sln")))
            {
                folder = folder.Parent;
            }

            return folder?.FullName ?? throw new DirectoryNotFoundException($"No IlgpuDiffusion.sln above {AppContext.BaseDirectory}.");
        }
    }

    /// <summary>The path of a recording, which must exist.</summary>
    public static string Find(string relative)
    {
        string path = Path.Combine(Root, relative);
        return File.Exists(path) || Directory.Exists(path) ? path : throw new FileNotFoundException($"The recording '{relative}' is not under '{Root}'. Set GOLDEN_ROOT to a folder of recordings, or unset it.", path);
    }
}
