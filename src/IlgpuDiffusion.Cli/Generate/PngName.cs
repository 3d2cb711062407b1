using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Cli;

/// <summary>Names of pictures that are written, all of which are PNG.</summary>
internal static class PngName
{
    /// <summary>Whether standard output is meant.</summary>
    public static bool IsStandardOutput(string path) => path is "-" or "/dev/stdout" or "/dev/fd/1" or "/proc/self/fd/1";

    /// <summary>A file's name with its ending, which is added where it has none.</summary>
    /// <param name="option">The option that gave it.</param>
    /// <param name="path">The name; a folder's, a pipe's or a device's stays as it is.</param>
    /// <exception cref="UsageException">It ends as another kind of picture does.</exception>
    public static string Of(string option, string path) => Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".PNG" => path,
        ".JPG" or ".JPEG" or ".WEBP" or ".BMP" or ".GIF" or ".TIF" or ".TIFF" or ".AVIF" or ".JXL" =>
            throw new UsageException($"{option} '{path}': only PNG files are written; name it {Path.GetFileName(Path.ChangeExtension(path, ".png"))}."),
        _ => Path.EndsInDirectorySeparator(path) || Directory.Exists(path) || SpecialFile.Is(path) ? path : path + ".png",
    };
}
