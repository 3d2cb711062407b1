using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Peers;

/// <summary>Lets TorchSharp's library load where the C++ library is older than the one that it was linked with, such as Debian 12's.</summary>
/// <remarks>
/// Of GCC 13's version it names one symbol that nothing calls: ios_base_library_init, which &lt;iostream&gt; mentions for the linker's sake.
/// A version that an ELF file marks as weak may be missing.
/// </remarks>
internal static class OlderLibraries
{
    private const string Version = "GLIBCXX_3.4.32";
    private const ushort Weak = 2;

    /// <summary>Marks the version as weak in a copy of ours, if the library does not load without.</summary>
    public static void Allow()
    {
        string file = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        if (!OperatingSystem.IsLinux() || !File.Exists(file) || NativeLibrary.TryLoad(file, out _))
        {
            return;
        }

        // Vernaux: hash of the version's name, flags.
        byte[] library = File.ReadAllBytes(file), needed = new byte[6];
        BinaryPrimitives.WriteUInt32LittleEndian(needed, Hash(Version));
        int at = library.AsSpan().IndexOf(needed);
        if (at >= 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(library.AsSpan(at + 4), Weak);
            File.WriteAllBytes(file, library);
        }
    }

    /// <summary>The hash of ELF's symbol tables.</summary>
    private static uint Hash(string name)
    {
        uint hash = 0;
        foreach (char c in name)
        {
            hash = (hash << 4) + c;
            uint high = hash & 0xF0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }

        return hash;
    }
}
