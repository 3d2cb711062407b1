using System.Globalization;
using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Gpu;

/// <summary>A device that was found, or why there is none of its kind.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">The device's own name, or null if there is none.</param>
/// <param name="Memory">Bytes of its memory; 0 where it has none of its own.</param>
/// <param name="Refusal">Why it is not taken, or not by itself, or why there is none; null for a device that is.</param>
internal sealed record GpuFound(GpuKind Kind, string? Name, long Memory, string? Refusal)
{
    internal string Facts => Name is null ? $"none, since {Refusal}" : $"{Name}{Size}{(Refusal is null ? "" : $" ({Refusal})")}";

    private string Size => Memory > 0 ? string.Create(CultureInfo.InvariantCulture, $", {Memory / (double)(1L << 30):0.0} GiB") : "";
}

/// <summary>What this machine offers to ILGPU.</summary>
internal static class GpuCatalogue
{
    /// <summary>Why a program that is compiled ahead of time has no device.</summary>
    public const string CompiledAhead = "this program is compiled ahead of time, and kernels are made from its IL at run time";

    /// <summary>Every device that a driver names, with why it is refused; of kinds without one the reason.</summary>
    public static IReadOnlyList<GpuFound> List() => List(GpuDrivers.Instance);

    /// <summary>The kind of the first real GPU, or null, with what was found instead.</summary>
    public static GpuKind? Best(out IReadOnlyList<GpuFound> found) => Best(GpuDrivers.Instance, out found);

    /// <summary>What was found, kinds with the same reason together.</summary>
    public static string Describe(IEnumerable<GpuFound> found) => string.Join("; ", found.GroupBy(device => (device.Name, device.Memory, device.Refusal))
        .Select(same => $"{string.Join(", ", same.Select(device => device.Kind.Text()))}: {same.First().Facts}"));

    internal static IReadOnlyList<GpuFound> List(IGpuSource source) =>
        RuntimeFeature.IsDynamicCodeSupported
            ? [.. List(source, GpuKind.Cuda), .. List(source, GpuKind.OpenCL), new GpuFound(GpuKind.IlgpuCpu, IlgpuBuild.Text, 0, "for tests: slow")]
            : [.. new[] { GpuKind.Cuda, GpuKind.OpenCL, GpuKind.IlgpuCpu }.Select(kind => new GpuFound(kind, null, 0, CompiledAhead))];

    internal static GpuKind? Best(IGpuSource source, out IReadOnlyList<GpuFound> found)
    {
        found = [.. List(source).Where(device => device.Kind != GpuKind.IlgpuCpu)];
        return found.FirstOrDefault(device => device.Refusal is null)?.Kind;
    }

    /// <summary>Starts the first device of a kind.</summary>
    /// <exception cref="GpuNotFoundException">There is none, or it does not start.</exception>
    internal static GpuHost Open(IGpuSource source, GpuKind kind, bool emulates = false)
    {
        GpuHost? host;
        try
        {
            host = source.Open(kind, emulates);
        }
        catch (Exception e) when (IsDriverFault(e))
        {
            throw new GpuNotFoundException(Message(source, kind, $"The {kind.Text()} device does not start: {e.Message}"), e);
        }

        return host ?? throw new GpuNotFoundException(Message(source, kind, $"There is no {kind.Text()} device that can be used."));
    }

    private static string Message(IGpuSource source, GpuKind kind, string what) =>
        $"{what} Found: {Describe(List(source).OrderBy(found => found.Kind != kind))}. The processor is always there: --device cpu.";

    private static GpuFound[] List(IGpuSource source, GpuKind kind)
    {
        try
        {
            GpuFound[] found = [.. source.Find(kind).Select(device => new GpuFound(kind, device.Name, device.Memory, GpuRules.Refusal(device) ?? GpuRules.Doubt(device)))];
            return found.Length > 0 ? found : [new GpuFound(kind, null, 0, source.WhyNone(kind))];
        }
        catch (Exception e) when (IsDriverFault(e))
        {
            return [new GpuFound(kind, null, 0, $"{source.WhyNone(kind)} ({e.Message.TrimEnd('.', ' ')})")];
        }
    }

    // A driver that fails, is not there, or is another program's library under its name.
    private static bool IsDriverFault(Exception e) => GpuHost.IsFault(e) || e is DllNotFoundException or EntryPointNotFoundException or BadImageFormatException or NotSupportedException or TypeInitializationException;
}
