using System.CommandLine;

namespace IlgpuDiffusion.Cli;

/// <summary>Command lines as people type them: options before a command apply to it, <c>-W64</c> is <c>-W 64</c>, <c>help</c> and <c>version</c> are words, <c>--</c> may be a prompt.</summary>
internal static class ArgumentWords
{
    private const string Literal = "--";

    /// <summary>The same command line with the command first and every value apart from its option.</summary>
    /// <exception cref="UsageException">An option before the command is none of its own.</exception>
    public static string[] Arrange(string[] args, RootCommand root)
    {
        if (args is [] || args[0].StartsWith("[suggest", StringComparison.Ordinal))
        {
            return args;
        }

        Dictionary<string, Option> options = Known(root);
        List<string> before = [];
        List<string> words = [];
        string? command = null;
        for (int i = 0; i < args.Length; i++)
        {
            if (options.TryGetValue(args[i], out Option? option) && TakesValue(option) && i + 1 < args.Length)
            {
                // A value is what follows, whatever it looks like, but for what the parser would not take for one.
                string value = args[++i];
                words.AddRange(value == Literal ? [$"{option.Name}={Literal}"] : [args[i - 1], value]);
            }
            else if (Short(args[i], options) is { } name)
            {
                words.AddRange([name, args[i][2..].TrimStart('=')]);
            }
            else if (command is null && (args[i] is "help" or "version" || root.Subcommands.Any(c => c.Name == args[i])))
            {
                command = args[i];
                (before, words) = (words, []);
            }
            else
            {
                words.Add(args[i]);
            }
        }

        return command switch
        {
            null => [.. words],
            "help" => [.. words.Take(1), "--help"],
            "version" => ["--version"],
            _ => [command, .. Own(before, root.Subcommands.First(c => c.Name == command), options), .. words],
        };
    }

    private static List<string> Own(List<string> before, Command command, Dictionary<string, Option> options)
    {
        IEnumerable<string> own = command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options.Where(o => o.Recursive))).SelectMany(o => o.Aliases.Append(o.Name));
        return before.FirstOrDefault(word => options.ContainsKey(word) && !own.Contains(word)) is { } foreign
            ? throw new UsageException($"Unknown option '{foreign}' of {command.Name}. See 'ilgpu-diffusion {command.Name} --help'.")
            : before;
    }

    private static bool TakesValue(Option option) => option.Arity.MinimumNumberOfValues > 0;

    private static string? Short(string word, Dictionary<string, Option> options) =>
        word.Length > 2 && word[0] == '-' && word[1] != '-' && !options.ContainsKey(word) && options.TryGetValue(word[..2], out Option? option) && TakesValue(option) ? word[..2] : null;

    private static Dictionary<string, Option> Known(RootCommand root)
    {
        Dictionary<string, Option> known = new(StringComparer.Ordinal);
        foreach (Option option in root.Options.Concat(root.Subcommands.SelectMany(c => c.Options)))
        {
            foreach (string name in option.Aliases.Append(option.Name))
            {
                known.TryAdd(name, option);
            }
        }

        return known;
    }
}
