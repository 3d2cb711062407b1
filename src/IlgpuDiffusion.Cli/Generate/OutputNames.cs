using System.Globalization;
using System.Text.RegularExpressions;

using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Cli;

/// <summary>Where pictures go. Only a file that was named itself is ever replaced.</summary>
internal sealed partial class OutputNames
{
    public const string Default = "output_%03d.png";

    private readonly string _folder;
    private readonly string _name;
    private readonly bool _numbered;
    private readonly HashSet<string> _given = [];
    private int _next;

    private OutputNames(string folder, string name, bool numbered)
    {
        _folder = folder;
        _name = name;
        _numbered = numbered;
        _next = numbered ? 0 : 1;
    }

    /// <summary>Reads <c>-o</c>: a file, a file with one %d or %03d, or a folder.</summary>
    public static OutputNames Parse(string output)
    {
        if (string.IsNullOrWhiteSpace(output))
        {
            throw new UsageException("--output is empty; give a file name such as picture.png.");
        }

        bool isFolder = Path.EndsInDirectorySeparator(output) || Directory.Exists(output);
        string folder = isFolder ? output : Path.GetDirectoryName(output) ?? string.Empty;
        string name = isFolder ? Default : Path.GetFileName(output);
        int places = Place().Count(name);
        if (places > 1)
        {
            throw new UsageException($"--output '{output}' has {places} places for the number; one %d or %03d is enough.");
        }

        switch (Path.GetExtension(name).ToUpperInvariant())
        {
            case ".PNG":
                break;
            case ".JPG" or ".JPEG" or ".WEBP" or ".BMP" or ".GIF" or ".TIF" or ".TIFF" or ".AVIF" or ".JXL":
                throw new UsageException($"--output '{output}': only PNG files are written; name it {Path.ChangeExtension(name, ".png")}.");
            default:
                name = output.StartsWith("/dev/", StringComparison.Ordinal) ? name : name + ".png";
                break;
        }

        return new OutputNames(folder, name, places == 1);
    }

    /// <summary>Fails early where nothing could be written in the end.</summary>
    public void CheckWritable() => AtomicFile.CheckWritable(_numbered ? Path.Combine(_folder, Numbered(0)) : Path.Combine(_folder, _name));

    /// <summary>Writes a picture under the next name.</summary>
    public string Write(byte[] png)
    {
        while (true)
        {
            string path = Next();
            bool named = !_numbered && _next == 2;
            try
            {
                AtomicFile.Write(path, s => s.Write(png), replace: named);
                return path;
            }
            catch (IOException) when (!named && File.Exists(path))
            {
                // Another process took the name in the meantime.
            }
        }
    }

    internal string Next()
    {
        while (true)
        {
            int number = _next++;
            string name = _numbered ? Numbered(number) : number == 1 ? _name : $"{Path.GetFileNameWithoutExtension(_name)}_{number}{Path.GetExtension(_name)}";
            string path = Path.Combine(_folder, name);
            if ((!_numbered && number == 1) || (!File.Exists(path) && _given.Add(path)))
            {
                return path;
            }
        }
    }

    private string Numbered(int number) => Place().Replace(_name, m => number.ToString(new string('0', Math.Max(1, m.Groups[1].Length == 0 ? 1 : int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))), CultureInfo.InvariantCulture));

    [GeneratedRegex("%(?:0([1-9]))?d")]
    private static partial Regex Place();
}
