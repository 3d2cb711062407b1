using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Cli;

/// <summary>What <c>--policy</c> and the options of single techniques mean.</summary>
internal static class PolicyChoice
{
    private const int MostCharacters = 1 << 20;

    // With the settings that were published, for 50 steps (deepcache), 25 (tgate) and 28 (mindone).
    private static readonly Dictionary<string, AccelerationPolicy> Named = new(StringComparer.OrdinalIgnoreCase)
    {
        ["exact"] = AccelerationPolicy.Exact,
        ["deepcache"] = new(new DeepCache()),
        ["tgate"] = new(new TGate()),
        ["mindone"] = AccelerationPolicy.MindOne,
    };

    public static IEnumerable<string> Names => Named.Keys.Concat(AccelerationBudget.PresetNames);

    /// <summary>The budget of a command line, which a preset is too; null for none.</summary>
    public static AccelerationBudget? Budget(ParseResult parsed, GenerateOptions options)
    {
        string? text = parsed.GetValue(options.Budget);
        AccelerationBudget? preset = parsed.GetValue(options.Policy) is { } name ? AccelerationBudget.Preset(name) : null;
        if (text is not null && (parsed.GetValue(options.Policy) ?? (parsed.GetValue(options.Exact) ? "--exact" : null)) is { } other)
        {
            throw new UsageException($"--budget chooses the policy, and {(other == "--exact" ? other : $"--policy {other}")} is given too: leave one of them out.");
        }

        try
        {
            return text is null ? preset : AccelerationBudget.Parse(text);
        }
        catch (PolicyException e)
        {
            throw new UsageException($"--budget: {e.Message}");
        }
    }

    /// <summary>A policy or a budget, whichever a text means.</summary>
    public static (AccelerationPolicy? Policy, AccelerationBudget? Budget) Parse(string text, string option)
    {
        if (AccelerationBudget.Preset(text) is { } preset)
        {
            return (null, preset);
        }

        if (Named.ContainsKey(text) || IsJson(text) || File.Exists(text))
        {
            return (Read(text, option), null);
        }

        try
        {
            return (null, AccelerationBudget.Parse(text));
        }
        catch (PolicyException e)
        {
            // What has a number in front is a budget that is not quite right.
            throw new UsageException(text.TrimStart() is [(>= '0' and <= '9') or '+' or '-' or '.', ..] ? $"{option}: {e.Message}" : Unknown(text, option, " It may be a budget too, such as 2x."));
        }
    }

    /// <summary>What a command line says of policies, as it was typed; null where it is a picture that is repeated which says it.</summary>
    public static string? Typed(ParseResult parsed, GenerateOptions options)
    {
        OptionResult[] given = [.. options.OfPolicy.Select(option => parsed.GetResult(option)).OfType<OptionResult>().Where(result => !result.Implicit)];
        return given switch
        {
            [var only] when only.Option == options.Policy || only.Option == options.Budget => only.Tokens[0].Value,
            _ when parsed.GetValue(options.From) is not null && !given.Any(result => result.Option == options.Policy || result.Option == options.Exact) => null,
            _ => string.Join(' ', given.SelectMany(result => result.Tokens.Select(token => token.Value).Prepend(result.IdentifierToken?.Value ?? result.Option.Name))),
        };
    }

    /// <summary>The policy of a command line.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="options">Its options.</param>
    /// <param name="repeated">The policy of a picture that is repeated, or null.</param>
    public static AccelerationPolicy? Of(ParseResult parsed, GenerateOptions options, AccelerationPolicy? repeated)
    {
        // What is repeated gives way to a budget, and to its exact twin.
        bool budgeted = Budget(parsed, options) is not null;
        AccelerationPolicy policy = budgeted || parsed.GetValue(options.Exact) ? AccelerationPolicy.Exact : parsed.GetValue(options.Policy) is { } text ? Read(text, "--policy") : repeated ?? AccelerationPolicy.Exact;
        if (parsed.GetValue(options.DeepCache) is { } every)
        {
            policy = policy.With(new DeepCache { Every = every });
        }

        if (parsed.GetValue(options.TGate) is { } gate)
        {
            policy = policy.With(new TGate { Gate = gate });
        }

        if (parsed.GetValue(options.HyperTile) is { } tile)
        {
            policy = policy.With(new HyperTile { Tile = tile });
        }

        if (parsed.GetValue(options.ToDo) is { } factors)
        {
            policy = policy.With(new ToDo { Factors = Factors(factors) });
        }

        if (parsed.GetValue(options.ToMe) is { } ratio)
        {
            policy = policy.With(new ToMe { Ratio = ratio });
        }

        if (parsed.GetValue(options.DeepShrink) is { } shrink)
        {
            policy = policy.With(new DeepShrink { Factor = shrink });
        }

        if (parsed.GetValue(options.GuidanceInterval) is { } interval)
        {
            (double start, double end) = Interval(interval);
            policy = policy.With(new Guidance { Start = start, End = end });
        }

        try
        {
            policy.Check();
        }
        catch (PolicyException e)
        {
            throw new UsageException(e.Message);
        }

        if (budgeted && !policy.IsExact)
        {
            throw new UsageException($"A budget ({parsed.GetValue(options.Budget) ?? parsed.GetValue(options.Policy)}) chooses the techniques, and beside it stands {string.Join(", ", policy.Techniques.Select(TechniqueCatalogue.NameOf))}: leave the one or the other out.");
        }

        if (parsed.GetValue(options.Exact) && (!policy.IsExact || parsed.GetValue(options.Policy) is not null))
        {
            throw new UsageException("--exact leaves every policy out, and one is given too: leave one of them out.");
        }

        return policy.IsExact ? null : policy;
    }

    private static AccelerationPolicy Read(string text, string option)
    {
        if (Named.TryGetValue(text, out AccelerationPolicy? named))
        {
            return named;
        }

        bool inline = IsJson(text);
        if (!inline && !File.Exists(text))
        {
            throw new UsageException(Unknown(text, option, IsBudget(text) ? $" It is a budget: --budget {text}." : ""));
        }

        try
        {
            return AccelerationPolicy.Parse(inline ? text : Content(text, option));
        }
        catch (PolicyException e)
        {
            throw new UsageException(inline ? $"{option}: {e.Message}" : $"{option} '{text}': {e.Message}");
        }
    }

    private static bool IsJson(string text) => text.TrimStart().StartsWith('{');

    private static string Unknown(string text, string option, string budget) => $"{option} is '{text}', which is neither a file nor one of {string.Join(", ", Names)}.{NearestName.Suggest(text, Names)}{budget}";

    private static bool IsBudget(string text)
    {
        try
        {
            return AccelerationBudget.Parse(text) is not null;
        }
        catch (PolicyException)
        {
            return false;
        }
    }

    // Also of what has no end.
    private static string Content(string path, string option)
    {
        char[] content = new char[MostCharacters + 1];
        using StreamReader reader = new(path);
        int length = reader.ReadBlock(content);
        return length <= MostCharacters ? new string(content, 0, length) : throw new UsageException($"{option} '{path}' is larger than {MostCharacters / 1024} KB: it is no policy, which has a few lines of JSON.");
    }

    private static double[] Factors(string text)
    {
        if (text.Equals("auto", StringComparison.OrdinalIgnoreCase))
        {
            return [];
        }

        double?[] factors = [.. text.Split('/').Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double factor) && factor is >= 1 and <= 64 ? factor : (double?)null)];
        return factors.All(factor => factor is not null)
            ? [.. factors.Select(factor => factor!.Value)]
            : throw new UsageException($"--todo is '{text}', but must be auto, or factors from 1 to 64 such as 2 or 4/2.");
    }

    private static (double Start, double End) Interval(string text)
    {
        string[] parts = text.Split('-');
        return parts.Length == 2 && Fraction(parts[0]) is { } start && Fraction(parts[1]) is { } end && start <= end
            ? (start, end)
            : throw new UsageException($"--guidance-interval is '{text}', but must be two fractions of the steps from 0 to 1, the smaller first, such as 0.1-0.8.");
    }

    private static double? Fraction(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number is >= 0 and <= 1 ? number : null;
}
