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
    private readonly int _count;
    private readonly HashSet<string> _given = [];
    private readonly bool _makesFolder;
    private int _next;

    private OutputNames(string folder, string name, bool numbered, int count, bool makesFolder = false)
    {
        (_folder, _name, _numbered, _count, _makesFolder) = (folder, name, numbered, count, makesFolder);
        int first = numbered ? 0 : 1;
        _next = count == 1 ? first : FirstOfRow(first);
    }

    /// <summary>Whether the picture goes to standard output, which then holds nothing else.</summary>
    public bool IsStandardOutput => _name.Length == 0;

    /// <summary>Reads <c>-o</c>: a file, a file with one %d or %03d, a folder (one that ends in a slash is made where it is not there), or <c>-</c> for standard output.</summary>
    /// <param name="output">The option's value.</param>
    /// <param name="count">How many pictures there will be: their numbers follow one another, so that none of an earlier run lies between them.</param>
    /// <param name="inFolder">The name in a folder.</param>
    public static OutputNames Parse(string output, int count = 1, string inFolder = Default)
    {
        if (PngName.IsStandardOutput(output))
        {
            return count == 1 ? new OutputNames(string.Empty, string.Empty, numbered: false, count) : throw new UsageException($"--output {output} takes one picture, but --batch-count is {count}. Name files in place of it.");
        }

        if (string.IsNullOrWhiteSpace(output))
        {
            throw new UsageException("--output is empty; give a file name such as picture.png.");
        }

        bool isFolder = Path.EndsInDirectorySeparator(output) || Directory.Exists(output);
        string folder = isFolder ? output : Path.GetDirectoryName(output) ?? string.Empty;
        string name = isFolder ? inFolder : Path.GetFileName(PngName.Of("--output", output));
        int places = Place().Count(name);
        if (places > 1)
        {
            throw new UsageException($"--output '{output}' has {places} places for the number; one %d or %03d is enough.");
        }

        return new OutputNames(folder, name, places == 1, count, makesFolder: isFolder);
    }

    /// <summary>Fails early where nothing could be written in the end.</summary>
    public void CheckWritable()
    {
        MakeFolder();

        // The first, and the last, whose number may be what makes it too long.
        foreach (int number in IsStandardOutput ? [] : (int[])[_next, _next + _count - 1])
        {
            AtomicFile.CheckWritable(Named(number));
        }
    }

    // A folder that is missing in front of a file's name may be a slip; one that is named itself is meant.
    private void MakeFolder()
    {
        if (!_makesFolder)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"--output: the folder '{_folder}' does not exist and cannot be made: {e.Message}", e);
        }
    }

    /// <summary>Writes a picture under the next name.</summary>
    public string Write(byte[] png)
    {
        while (true)
        {
            string path = Next();
            bool named = path == Path.Combine(_folder, _name);
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
            string path = Named(number);
            if ((!_numbered && number == 1) || (!File.Exists(path) && _given.Add(path)))
            {
                return path;
            }
        }
    }

    /// <summary>The first number from which on as many names are free as there are pictures; a file that was named itself counts as free.</summary>
    private int FirstOfRow(int first)
    {
        int start = first;
        for (int number = first; number < start + _count; number++)
        {
            bool replaced = !_numbered && number == 1;
            start = replaced || !File.Exists(Named(number)) ? start : number + 1;
        }

        return start;
    }

    private string Named(int number) =>
        Path.Combine(_folder, _numbered ? Numbered(number) : number == 1 ? _name : $"{Path.GetFileNameWithoutExtension(_name)}_{number}{Path.GetExtension(_name)}");

    private string Numbered(int number) => Place().Replace(_name, m => number.ToString(new string('0', Math.Max(1, m.Groups[1].Length == 0 ? 1 : int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))), CultureInfo.InvariantCulture));

    [GeneratedRegex("%(?:0([1-9]))?d")]
    private static partial Regex Place();
}
