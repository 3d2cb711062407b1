namespace IlgpuDiffusion.Gpu;

/// <summary>Finds devices.</summary>
internal static class GpuCatalogue
{
    /// <summary>Starts the first device of a kind.</summary>
    public static GpuHost Open(GpuKind kind) => GpuHost.Open(kind) ?? throw new GpuNotFoundException($"There is no {kind.Text()} device. This build uses {IlgpuBuild.Text}.");
}
