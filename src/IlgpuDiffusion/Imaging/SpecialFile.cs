using System.Formats.Tar;

namespace IlgpuDiffusion.Imaging;

/// <summary>Pipes and devices: they are written to, not replaced.</summary>
internal static class SpecialFile
{
    // Of a ustar header: where the type stands.
    private const int TypeOffset = 156;

    /// <summary>Whether a pipe or a device has this name. It is not opened, which a reader would notice.</summary>
    public static bool Is(string path)
    {
        FileInfo file = new(path);
        if (OperatingSystem.IsWindows() || !file.Exists || file.Length > 0)
        {
            return false;
        }

        // The framework tells a file's type in no other way than by making a tar entry of it.
        using MemoryStream header = new();
        try
        {
            using TarWriter writer = new(header, TarEntryFormat.Ustar, leaveOpen: true);
            writer.WriteEntry(path, "x");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }

        return header.Length > TypeOffset && (TarEntryType)header.GetBuffer()[TypeOffset] is TarEntryType.Fifo or TarEntryType.CharacterDevice or TarEntryType.BlockDevice;
    }
}
