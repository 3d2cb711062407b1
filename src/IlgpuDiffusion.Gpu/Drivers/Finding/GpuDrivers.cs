namespace IlgpuDiffusion.Gpu;

/// <summary>The devices of this machine's drivers.</summary>
internal sealed class GpuDrivers : IGpuSource
{
    /// <summary>The only one.</summary>
    public static GpuDrivers Instance { get; } = new();

    /// <inheritdoc/>
    /// <remarks>Where no driver names a device ILGPU is not begun at all: its context is a third of the start of a program that then takes the processor.</remarks>
    public IReadOnlyList<GpuFacts> Find(GpuKind kind) => Drivers.NameDevices(kind) ? GpuHost.Find(kind) : [];

    /// <inheritdoc/>
    public string WhyNone(GpuKind kind) => Drivers.WhyNone(kind);

    /// <inheritdoc/>
    public GpuHost? Open(GpuKind kind, bool emulates) => GpuHost.Open(kind, emulates);
}
