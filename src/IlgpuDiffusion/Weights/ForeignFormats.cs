namespace IlgpuDiffusion.Weights;

/// <summary>Recognises files that people pass in place of safetensors, and says what to do.</summary>
internal static class ForeignFormats
{
    private const string UsePickle = "It is a pickle checkpoint, which is refused: reading one runs the code that it holds. Use the model's .safetensors file, or convert it to safetensors on a machine where that code may run.";

    private static ReadOnlySpan<byte> Gguf => "GGUF"u8;

    /// <summary>Whether a file that is there begins as GGUF files do.</summary>
    public static bool IsGguf(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
            Span<byte> start = stackalloc byte[Gguf.Length];
            return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(Gguf);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever opens it says so.
            return false;
        }
    }

    /// <summary>Whether a file's name says that it is GGUF.</summary>
    public static bool IsNamedGguf(string path) => Path.GetExtension(path).Equals(".gguf", StringComparison.OrdinalIgnoreCase);

    /// <summary>Why a file with this beginning is not read, or null if it may be safetensors.</summary>
    /// <param name="start">The first bytes of the file, at least 9 if it has them.</param>
    public static string? Reason(ReadOnlySpan<byte> start)
    {
        // As the length of a header it would be beyond all bounds.
        if (start.StartsWith(Gguf))
        {
            return "It is a GGUF file, which is read as a model or a network of one, and not here. Use a .safetensors file.";
        }

        // A header length may look like any other magic number; only safetensors have a brace after it.
        if (start.Length > 8 && start[8] == (byte)'{')
        {
            return null;
        }

        if (start.StartsWith("PK\x03\x04"u8) || (start.Length > 1 && start[0] == 0x80 && start[1] is >= 1 and <= 5))
        {
            return UsePickle;
        }

        if (start.StartsWith("version "u8))
        {
            return "It is a Git LFS pointer and not the file itself. Fetch the file with 'git lfs pull'.";
        }

        return null;
    }

    /// <summary>Whether a file name has an extension that pickle checkpoints use.</summary>
    public static bool LooksLikePickle(string path) => Path.GetExtension(path).ToUpperInvariant() is ".CKPT" or ".PT" or ".PTH" or ".BIN" or ".PKL";

    /// <summary>The error for a pickle checkpoint.</summary>
    public static ModelFileException Pickle(string path) => new(path, $"'{path}': {UsePickle}");
}
