using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Gpu.Tests.StubDriver;

/// <summary>What libcuda.c offers beside CUDA's own calls.</summary>
internal static partial class Stub
{
    private const string Library = "libcuda.so.1";

    /// <summary>Has the call of this number lose the device, and counts calls anew; −1 for none.</summary>
    [LibraryImport(Library, EntryPoint = "stub_fail_at")]
    public static partial void FailAt(long call);

    /// <summary>Calls since then.</summary>
    [LibraryImport(Library, EntryPoint = "stub_calls")]
    public static partial long Calls();

    /// <summary>The call that lost the device.</summary>
    public static string LostAt => Marshal.PtrToStringUTF8(LostAtText()) ?? "";

    /// <summary>What is alive, in words; empty if nothing is.</summary>
    public static string Alive()
    {
        List<string> alive = [];
        for (int kind = 0; Alive(kind) >= 0; kind++)
        {
            if (Alive(kind) > 0)
            {
                alive.Add($"{Alive(kind)} {Marshal.PtrToStringUTF8(Name(kind))}");
            }
        }

        return string.Join(", ", alive);
    }

    /// <summary>Takes what is alive for gone.</summary>
    [LibraryImport(Library, EntryPoint = "stub_forget")]
    public static partial void Forget();

    [LibraryImport(Library, EntryPoint = "stub_lost_at")]
    private static partial nint LostAtText();

    [LibraryImport(Library, EntryPoint = "stub_alive")]
    private static partial long Alive(int kind);

    [LibraryImport(Library, EntryPoint = "stub_name")]
    private static partial nint Name(int kind);
}
