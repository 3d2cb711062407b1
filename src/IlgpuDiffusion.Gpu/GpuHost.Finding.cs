using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime.OpenCL;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuHost
{
    // Drivers install their libraries under names with a version; ILGPU asks for the names without.
    private static readonly bool FindsLibraries = FindLibraries();

    /// <summary>The devices of a kind that ILGPU takes: name, bytes of memory, and why it is taken only when asked for, or null.</summary>
    public static IReadOnlyList<(string Name, long Memory, string? Doubt)> Find(GpuKind kind)
    {
        using Context context = Create(kind);
        return [.. Of(context, kind).Select(device => (device.Name, device.MemorySize, device is CLDevice driver ? OpenClDevices.Doubt(driver) : null))];
    }

    private static bool FindLibraries()
    {
        if (!IlgpuBuild.IsPackage || !OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, static (name, assembly, path) => name switch
            {
                "cuda" or "OpenCL" when NativeLibrary.TryLoad($"lib{name}.so.1", assembly, path, out nint library) => library,
                _ => 0,
            });
            return true;
        }
        catch (InvalidOperationException)
        {
            // The program that hosts this one has its own way.
            return false;
        }
    }
}
