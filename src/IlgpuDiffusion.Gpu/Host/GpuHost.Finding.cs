using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime.OpenCL;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuHost
{
    // Drivers install their libraries under names with a version; ILGPU asks for the names without.
    private static readonly bool FindsLibraries = FindLibraries();

    // Of two threads that ask OpenCL at once for the first time, one may be told that there is no device (PoCL 3.1).
    private static readonly Lock Finding = new();

    /// <summary>Every device of a kind that a driver names, taken or not.</summary>
    public static IReadOnlyList<GpuFacts> Find(GpuKind kind)
    {
        List<GpuFacts> seen = [];
        Create(kind, seen: seen).Dispose();
        return seen;
    }

    // Says whether a device is taken, and remembers it.
    private static bool Take(GpuFacts device, List<GpuFacts>? seen)
    {
        seen?.Add(device);
        return GpuRules.Refusal(device) is null;
    }

    private static bool Take(CLDevice device, List<GpuFacts>? seen)
    {
        bool taken = Take(OpenClDevices.Facts(device), seen);
        if (taken)
        {
            OpenClDevices.Claim(device);
        }

        return taken;
    }

    private static bool FindLibraries()
    {
        if (!OperatingSystem.IsLinux())
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
