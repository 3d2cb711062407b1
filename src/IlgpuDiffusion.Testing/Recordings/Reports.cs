namespace IlgpuDiffusion.Testing;

/// <summary>Inputs from users' reports, tests/reports of this checkout.</summary>
internal static class Reports
{
    /// <summary>The path of an input, which must exist.</summary>
    public static string Find(string relative)
    {
        string path = Path.Combine(Golden.Checkout, "tests", "reports", relative);
        return File.Exists(path) ? path : throw new FileNotFoundException($"There is no input '{relative}' in tests/reports.", path);
    }
}
