using System.Globalization;

namespace IlgpuDiffusion.Cli;

/// <summary>Numbers as people read them.</summary>
internal static class Units
{
    public static string Bytes(long bytes) => bytes < 1024 ? $"{bytes} B" : Scaled(bytes, 1024, ["KiB", "MiB", "GiB", "TiB"]);

    public static string Count(long count) => count < 1000 ? count.ToString(CultureInfo.InvariantCulture) : Scaled(count, 1000, ["K", "M", "B", "T"]);

    public static string Operations(long count) => count < 1000 ? count.ToString(CultureInfo.InvariantCulture) : Scaled(count, 1000, ["K", "M", "G", "T", "P"]);

    public static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{(seconds < 1 ? seconds * 1000 : seconds):0.0##} {(seconds < 1 ? "ms" : "s")}");

    private static string Scaled(double value, double step, string[] units)
    {
        int unit = -1;
        do
        {
            value /= step;
            unit++;
        }
        while (value >= step && unit < units.Length - 1);
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.00} {units[unit]}");
    }
}
