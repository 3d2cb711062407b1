using System.Globalization;

namespace IlgpuDiffusion.Gpu;

/// <summary>A device that was found, or why there is none of its kind.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">The device's own name, or null if there is none.</param>
/// <param name="Memory">Bytes of its memory; 0 where it has none of its own.</param>
/// <param name="Refusal">Why it is not taken by itself, or why there is none; null for a device that is.</param>
public sealed record GpuFound(GpuKind Kind, string? Name, long Memory, string? Refusal)
{
    internal string Facts => Name is null ? $"none, since {Refusal}" : $"{Name}{Size}{(Refusal is null ? "" : $" ({Refusal})")}";

    private string Size => Memory > 0 ? string.Create(CultureInfo.InvariantCulture, $", {Memory / (double)(1L << 30):0.0} GiB") : "";
}

/// <summary>What this machine offers to ILGPU.</summary>
public static class GpuCatalogue
{
    /// <summary>Every device that ILGPU takes, and of kinds without one the reason.</summary>
    public static IReadOnlyList<GpuFound> List() => [.. List(GpuKind.Cuda), .. List(GpuKind.OpenCL), new GpuFound(GpuKind.IlgpuCpu, IlgpuBuild.Text, 0, "for tests: slow")];

    /// <summary>The kind of the first real GPU, or null, with what was found instead.</summary>
    public static GpuKind? Best(out IReadOnlyList<GpuFound> found)
    {
        found = [.. List(GpuKind.Cuda), .. List(GpuKind.OpenCL)];
        return found.FirstOrDefault(device => device.Refusal is null)?.Kind;
    }

    /// <summary>Starts the first device of a kind.</summary>
    internal static GpuHost Open(GpuKind kind, bool emulates = false)
    {
        GpuHost? host;
        try
        {
            host = GpuHost.Open(kind, emulates);
        }
        catch (Exception e) when (GpuHost.IsFault(e) || e is NotSupportedException)
        {
            throw new GpuNotFoundException(Message(kind, $"The {kind.Text()} device does not start: {e.Message}"), e);
        }

        return host ?? throw new GpuNotFoundException(Message(kind, $"There is no {kind.Text()} device."));
    }

    /// <summary>What was found, kinds with the same reason together.</summary>
    public static string Describe(IEnumerable<GpuFound> found) => string.Join("; ", found.GroupBy(device => (device.Name, device.Memory, device.Refusal))
        .Select(same => $"{string.Join(", ", same.Select(device => device.Kind.Text()))}: {same.First().Facts}"));

    private static string Message(GpuKind kind, string what) => $"{what} Found: {Describe(List().OrderBy(found => found.Kind != kind))}. The processor is always there: --device cpu.";

    private static GpuFound[] List(GpuKind kind)
    {
        try
        {
            GpuFound[] found = [.. GpuHost.Find(kind).Select(device => new GpuFound(kind, device.Name, device.Memory, device.Doubt))];
            return found.Length > 0 ? found : [new GpuFound(kind, null, 0, Drivers.WhyNone(kind))];
        }
        catch (Exception e) when (GpuHost.IsFault(e) || e is DllNotFoundException or NotSupportedException)
        {
            return [new GpuFound(kind, null, 0, $"{Drivers.WhyNone(kind)} ({e.Message})")];
        }
    }
}
