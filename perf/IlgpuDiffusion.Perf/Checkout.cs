namespace IlgpuDiffusion.Perf;

/// <summary>Where things lie: in the checkout that this program was built from, or beside a published program.</summary>
internal static class Checkout
{
    private static readonly string? Found = Find();

    /// <summary>The checkout.</summary>
    /// <exception cref="DirectoryNotFoundException">The program runs from elsewhere.</exception>
    public static string Root => Found ?? throw new DirectoryNotFoundException($"No IlgpuDiffusion.sln above {AppContext.BaseDirectory}: this runs from a checkout alone.");

    /// <summary>The folder with names and shapes of full-size networks.</summary>
    public static string Keys => Found is null ? Beside("keys") : Path.Combine(Root, "tests", "golden", "keys");

    /// <summary>Programs in other languages that ours are held against.</summary>
    public static string Peers => Found is null ? Beside("peers") : Path.Combine(Root, "perf", "peers");

    /// <summary>Where results are written unless something else is said; of a published program the folder `results` where it is called.</summary>
    public static string Results => Found is null ? Path.GetFullPath("results") : Path.Combine(Root, "perf", "results");

    private static string Beside(string folder) => Path.Combine(AppContext.BaseDirectory, folder);

    private static string? Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "IlgpuDiffusion.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName;
    }
}
