using System.Text.Json;

namespace IlgpuDiffusion.Weights;

/// <summary>Reads JSON as Python writes it: bare NaN, Infinity and -Infinity become texts.</summary>
internal static class JsonFile
{
    private const long MaxBytes = 64 << 20;

    public static JsonDocument Read(string path)
    {
        try
        {
            var info = new FileInfo(path);
            if (info.Exists && info.Length > MaxBytes)
            {
                throw new ModelFileException(path, $"'{path}' has {info.Length} bytes, too many for a JSON file of a model.");
            }

            return Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelFileException(path, $"'{path}' does not exist.", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new ModelFileException(path, $"'{path}' cannot be read ({e.Message})", e);
        }
    }

    public static JsonDocument Parse(ReadOnlySpan<byte> json, string path)
    {
        try
        {
            return JsonDocument.Parse(QuoteNumbers(json));
        }
        catch (JsonException e)
        {
            throw new ModelFileException(path, $"'{path}' is not valid JSON ({e.Message})", e);
        }
    }

    private static byte[] QuoteNumbers(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith("\uFEFF"u8))
        {
            json = json[3..];
        }

        var result = new List<byte>(json.Length + 16);
        var quoted = false;
        for (var i = 0; i < json.Length; i++)
        {
            var rest = json[i..];
            var token = quoted ? 0
                : rest.StartsWith("-Infinity"u8) ? 9
                : rest.StartsWith("Infinity"u8) ? 8
                : rest.StartsWith("NaN"u8) ? 3
                : 0;
            if (token > 0)
            {
                result.Add((byte)'"');
                result.AddRange(rest[..token]);
                result.Add((byte)'"');
                i += token - 1;
                continue;
            }

            if (quoted && json[i] == (byte)'\\' && i + 1 < json.Length)
            {
                result.Add(json[i++]);
            }
            else if (json[i] == (byte)'"')
            {
                quoted = !quoted;
            }

            result.Add(json[i]);
        }

        return [.. result];
    }
}
