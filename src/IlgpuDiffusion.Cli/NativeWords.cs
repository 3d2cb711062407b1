using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Cli;

/// <summary>What native libraries (drivers, PoCL's compiler) print past the framework, straight to the process's error stream.</summary>
internal static partial class NativeWords
{
    private const int Error = 2;
    private const int WriteOnly = 1;

    /// <summary>
    /// Sends them nowhere. The framework's own streams are copies made before, so what this program says still comes through. On Windows nothing is changed.
    /// </summary>
    public static void Silence()
    {
        // The copies are made at their first use.
        _ = (Console.Out, Console.Error, Console.IsErrorRedirected, Console.IsOutputRedirected);
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
        {
            return;
        }

        int nowhere = Open("/dev/null", WriteOnly);
        if (nowhere >= 0)
        {
            _ = Duplicate(nowhere, Error);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int from, int to);
}
