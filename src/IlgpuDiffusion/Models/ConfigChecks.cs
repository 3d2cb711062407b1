using System.Text.Json;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>Checks that several models' configurations share.</summary>
internal static class ConfigChecks
{
    // More than any network has of anything; memory and loops are made from these numbers.
    private const int Most = 1 << 24;
    private const int MostBlocks = 8;

    /// <summary>A whole number above 0, or the fallback.</summary>
    public static int Positive(this ComponentConfig config, string field, int fallback, int most = Most)
    {
        int value = config.Int(field, fallback);
        return value > 0 && value <= most ? value : throw config.Unsupported(field, $"whole numbers from 1 to {most}");
    }

    /// <summary>A finite number of at least 0, or the fallback.</summary>
    public static double NotNegative(this ComponentConfig config, string field, double fallback)
    {
        double value = config.Number(field, fallback);
        return value >= 0 && double.IsFinite(value) ? value : throw config.Unsupported(field, "finite numbers of at least 0");
    }

    /// <summary>A finite number, or the fallback.</summary>
    public static double Finite(this ComponentConfig config, string field, double fallback)
    {
        double value = config.Number(field, fallback);
        return double.IsFinite(value) ? value : throw config.Unsupported(field, "finite numbers");
    }

    /// <summary>Throws unless the number divides all of these: groups, heads.</summary>
    public static void RequireDivides(this ComponentConfig config, string field, int divisor, IEnumerable<int> channels, string of)
    {
        if (channels.Any(c => c % divisor != 0))
        {
            throw config.Unsupported(field, $"numbers that divide {of}, here {string.Join(", ", channels.Distinct())}");
        }
    }

    /// <summary>Whole numbers above 0, one for each block: a list, or one number for all.</summary>
    public static int[] PositivePerBlock(this ComponentConfig config, string field, int count, int fallback)
    {
        int[] values = [.. config.IntPerBlock(field, count, fallback)];
        return values.All(v => v is > 0 and <= Most) ? values : throw config.Unsupported(field, $"whole numbers from 1 to {Most}");
    }

    /// <summary>Texts, or the fallback.</summary>
    public static string[] TextsOr(this ComponentConfig config, string field, string[] fallback) => config.Has(field) ? [.. config.Texts(field)] : fallback;

    /// <summary>Channels of the blocks, or the fallback.</summary>
    public static int[] BlockChannels(this ComponentConfig config, string field, int[] fallback)
    {
        int[] values = config.Has(field) ? [.. config.Ints(field)] : fallback;
        return values.Length is > 0 and <= MostBlocks && values.All(v => v is > 0 and <= Most) ? values : throw config.Unsupported(field, $"a list of up to {MostBlocks} whole numbers from 1 to {Most}");
    }

    /// <summary>Whether the field is there and null.</summary>
    public static bool IsNull(this ComponentConfig config, string field) => config.Names.Contains(field) && !config.Has(field);

    /// <summary>Throws unless the list has one item for each block.</summary>
    public static void RequireOnePerBlock(this ComponentConfig config, string field, int items, int blocks)
    {
        if (items != blocks)
        {
            throw config.Unsupported(field, $"a list of {blocks}, as long as 'block_out_channels'");
        }
    }

    /// <summary>Throws unless every item of a list is one of the supported texts.</summary>
    public static void RequireKnown(this ComponentConfig config, string field, IEnumerable<string> items, params string[] supported)
    {
        if (items.Any(i => !supported.Contains(i)))
        {
            throw config.Unsupported(field, string.Join(", ", supported.Select(s => $"'{s}'")));
        }
    }

    /// <summary>Throws if the field is a list that holds lists.</summary>
    public static void RequireFlat(this ComponentConfig config, string field)
    {
        if (config.Raw(field) is { ValueKind: JsonValueKind.Array } list && list.EnumerateArray().Any(i => i.ValueKind == JsonValueKind.Array))
        {
            throw config.Unsupported(field, "a number or a list of numbers");
        }
    }
}
