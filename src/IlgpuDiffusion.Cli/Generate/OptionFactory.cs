using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace IlgpuDiffusion.Cli;

/// <summary>Options whose errors name the option, the value and what is allowed.</summary>
internal static class OptionFactory
{
    public static Option<string?> Text(string name, string[] aliases, string value, string description) => new(name, aliases)
    {
        Description = description,
        HelpName = value,
        CustomParser = r =>
        {
            if (r.Tokens[0].Value.Length == 0 && name is not ("--prompt" or "--negative-prompt"))
            {
                r.AddError($"{name} is empty; it needs a {value}.");
            }

            return r.Tokens[0].Value;
        },
    };

    public static Option<int?> Whole(string name, string[] aliases, string value, string description, int least, int most = int.MaxValue) => new(name, aliases)
    {
        Description = description,
        HelpName = value,
        CustomParser = r => (int?)Parse(r, name, least, most),
    };

    /// <summary>A seed from 0 to 2⁶⁴−1; below 0 one is to be drawn, which is null.</summary>
    public static Option<SeedValue?> Seed(string name, string[] aliases, string description) => new(name, aliases)
    {
        Description = description,
        HelpName = "n",
        CustomParser = r =>
        {
            string text = r.Tokens[0].Value;
            if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed))
            {
                return new SeedValue(seed);
            }

            if (text.StartsWith('-') && ulong.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                return new SeedValue(null);
            }

            r.AddError($"{name} is '{text}', but must be a whole number from -1 (draws one) to {ulong.MaxValue}.");
            return null;
        },
    };

    /// <summary>A side of the picture: the latents have one value per 8 pixels.</summary>
    public static Option<int?> Side(string name, string[] aliases, string description) => new(name, aliases)
    {
        Description = description,
        HelpName = "pixels",
        CustomParser = r =>
        {
            long? side = Parse(r, name, 8, 65536);
            if (side is not null && side % 8 != 0)
            {
                r.AddError($"{name} is {side}, which is not a multiple of 8; the nearest are {side / 8 * 8} and {(side / 8 * 8) + 8}.");
            }

            return (int?)side;
        },
    };

    public static Option<double?> Number(string name, string[] aliases, string value, string description, double least, double most, bool above = false) => new(name, aliases)
    {
        Description = description,
        HelpName = value,
        CustomParser = r =>
        {
            string text = r.Tokens[0].Value;
            string range = double.IsInfinity(most) ? (above ? $"above {Show(least)}" : $"{Show(least)} or more") : $"{(above ? "above " : string.Empty)}{Show(least)} to {Show(most)}";
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) && number <= most && (above ? number > least : number >= least))
            {
                return number;
            }

            r.AddError($"{name} is '{text}', but must be a number {range}.");
            return null;
        },
    };

    /// <summary>A number that may be given several times.</summary>
    public static Option<double[]> Numbers(string name, string description, double least, double most) => new(name)
    {
        Description = description,
        HelpName = "x",
        CustomParser = r => [.. r.Tokens.Select(token =>
        {
            if (double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) && number >= least && number <= most)
            {
                return number;
            }

            r.AddError($"{name} is '{token.Value}', but must be a number {(double.IsInfinity(most) ? $"{Show(least)} or more" : $"{Show(least)} to {Show(most)}")}.");
            return 0;
        })],
    };

    /// <summary>A number of bytes, with K, M, G or T for powers of 1024; at least 1M, since a number that lacks its unit means no bytes.</summary>
    public static Option<long?> Size(string name, string[] aliases, string description) => new(name, aliases)
    {
        Description = description,
        HelpName = "size",
        CustomParser = r =>
        {
            string text = r.Tokens[0].Value;
            string number = text.TrimEnd('B', 'b');
            number = number.EndsWith('i') ? number[..^1] : number;
            int power = number.Length > 0 ? " KMGT".IndexOf(char.ToUpperInvariant(number[^1]), StringComparison.Ordinal) : 0;
            if (double.TryParse(power > 0 ? number[..^1] : number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
                && value * Math.Pow(1024, Math.Max(0, power)) is >= 1 << 20 and <= 1L << 60 and double bytes)
            {
                return (long)bytes;
            }

            r.AddError($"{name} is '{text}', but must be a size of at least 1M, such as 6G, 1.5G or 512M.");
            return null;
        },
    };

    /// <summary>The size of a picture, such as 1024x768.</summary>
    public static Option<PixelSize?> PictureSize(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "WxH",
        CustomParser = r => Given(r, PixelSize.Parse(r.Tokens[0].Value), name, "a width and a height in pixels, such as 1024x768"),
    };

    /// <summary>A place in a picture, such as 16,32.</summary>
    public static Option<PixelOffset?> PicturePlace(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "top,left",
        CustomParser = r => Given(r, PixelOffset.Parse(r.Tokens[0].Value), name, "two numbers of pixels, from the top and from the left, such as 16,32"),
    };

    public static Option<bool> Flag(string name, string[] aliases, string description) => new(name, aliases) { Description = description };

    private static T? Given<T>(ArgumentResult result, T? value, string name, string what)
        where T : struct
    {
        if (value is null)
        {
            result.AddError($"{name} is '{result.Tokens[0].Value}', but must be {what}.");
        }

        return value;
    }

    private static long? Parse(ArgumentResult result, string name, long least, long most)
    {
        string text = result.Tokens[0].Value;
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            result.AddError($"{name} is '{text}', but must be a whole number.");
            return null;
        }

        if (number < least || number > most)
        {
            result.AddError(most >= int.MaxValue ? $"{name} is {number}, but must be {least} or more." : $"{name} is {number}, but must be {least} to {most}.");
            return null;
        }

        return number;
    }

    /// <summary>A seed, or null for one that is to be drawn.</summary>
    internal sealed record SeedValue(ulong? Value);

    private static string Show(double number) => number.ToString(CultureInfo.InvariantCulture);
}
