namespace IlgpuDiffusion.Cli;

/// <summary>What <c>--prompts</c> reads: a prompt in every line that is not blank.</summary>
internal static class PromptFile
{
    // A file of prompts, not a book.
    public const int MostPrompts = 100_000;

    /// <exception cref="UsageException">There is no prompt in it.</exception>
    public static IReadOnlyList<string> Read(string path, TextReader input)
    {
        List<string> prompts = [.. Lines(path, input).Select(line => line.Trim()).Where(line => line.Length > 0).Take(MostPrompts + 1)];
        return prompts.Count switch
        {
            0 => throw new UsageException($"--prompts: {(path == "-" ? "standard input" : $"'{path}'")} holds no prompt; write one in every line."),
            > MostPrompts => throw new UsageException($"--prompts: more than {MostPrompts} prompts are more than one run takes."),
            _ => prompts,
        };
    }

    private static IEnumerable<string> Lines(string path, TextReader input)
    {
        if (path != "-")
        {
            return Guarded(path);
        }

        List<string> lines = [];
        while (input.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }

    private static string[] Guarded(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FileNotFoundException($"The file of prompts '{path}' does not exist.", path, e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(Directory.Exists(path) ? $"Cannot read prompts from '{path}': it is a folder." : $"Cannot read '{path}': no permission.", e);
        }
    }
}
