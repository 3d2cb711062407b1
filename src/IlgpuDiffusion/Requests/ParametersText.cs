using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Requests;

/// <summary>The text form of <see cref="GenerationMetadata"/>: prompt, <c>Negative prompt:</c>, one line of <c>key: value</c> settings, as stable-diffusion-webui 1.10 writes and reads it.</summary>
public static partial class ParametersText
{
    /// <summary>The keyword of the PNG chunk that holds the text.</summary>
    public const string Keyword = "parameters";

    private const string NegativeMark = "Negative prompt:";
    private const string ExactPrompt = "Exact prompt";
    private const string ExactNegative = "Exact negative prompt";

    // Written as they are: only what would break a line of settings needs escaping, and other readers know plain JSON.
    private static readonly QuotedText Json = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Writes the text; what the plain form would lose of a prompt (lines that look like settings, spaces at the ends) is added as a quoted setting.</summary>
    /// <param name="metadata">At least three settings must be present, so that readers recognise their line.</param>
    /// <exception cref="ArgumentException">A key has characters that readers do not accept, or there are too few settings.</exception>
    public static string Format(GenerationMetadata metadata)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        List<KeyValuePair<string, string>> settings = Settings(metadata);
        GenerationMetadata seen = Parse(Join(metadata, settings));
        if (seen.Prompt != metadata.Prompt)
        {
            settings.Add(new(ExactPrompt, metadata.Prompt));
        }

        if (seen.NegativePrompt != metadata.NegativePrompt)
        {
            settings.Add(new(ExactNegative, metadata.NegativePrompt));
        }

        if (settings.Count < 3)
        {
            throw new ArgumentException("Generation parameters need at least three settings (Steps, Seed, Size …) to be recognised by readers.", nameof(metadata));
        }

        return Join(metadata, settings);
    }

    /// <summary>Reads the text; settings that are not known go to <see cref="GenerationMetadata.Others"/>, and so do known ones whose value is not what it should be.</summary>
    /// <param name="text">The text of the chunk.</param>
    /// <exception cref="InvalidDataException">The last line is too long to be one of settings.</exception>
    public static GenerationMetadata Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return ParseLines([.. text.Trim().Split('\n')]);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new InvalidDataException("The generation parameters are not readable: their last line is far too long.", e);
        }
    }

    private static GenerationMetadata ParseLines(List<string> lines)
    {
        MatchCollection settings = Setting().Matches(lines[^1]);
        if (settings.Count >= 3)
        {
            lines.RemoveAt(lines.Count - 1);
        }

        List<string> prompt = [];
        List<string> negative = [];
        List<string> current = prompt;
        foreach (string line in lines.Select(l => l.Trim()))
        {
            bool mark = line.StartsWith(NegativeMark, StringComparison.Ordinal);
            current = mark ? negative : current;
            current.Add(mark ? line[NegativeMark.Length..].Trim() : line);
        }

        GenerationMetadata metadata = new() { Prompt = string.Join('\n', prompt), NegativePrompt = string.Join('\n', negative) };
        return settings.Count < 3 ? metadata : settings.Aggregate(metadata, (m, s) => Apply(m, s.Groups[1].Value, Unquote(s.Groups[2].Value)));
    }

    private static string Join(GenerationMetadata metadata, List<KeyValuePair<string, string>> settings)
    {
        StringBuilder text = new(metadata.Prompt);
        if (metadata.NegativePrompt.Length > 0)
        {
            text.Append('\n').Append(NegativeMark).Append(' ').Append(metadata.NegativePrompt);
        }

        return text.Append('\n').AppendJoin(", ", settings.Select(s => $"{s.Key}: {Quote(s.Value)}")).ToString();
    }

    private static List<KeyValuePair<string, string>> Settings(GenerationMetadata m)
    {
        List<KeyValuePair<string, string>> settings = [];
        void Add(string key, object? value)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty;
            if (text.Length > 0)
            {
                settings.Add(new(key, text));
            }
        }

        Add("Steps", m.Steps);
        Add("Sampler", m.Sampler);
        Add("Schedule type", m.ScheduleType);
        Add("CFG scale", m.CfgScale);
        Add("Seed", m.Seed);
        Add("Size", m.Width is { } width && m.Height is { } height ? $"{width}x{height}" : null);
        Add("Model hash", m.ModelHash);
        Add("Model", m.Model);
        Add("Clip skip", m.ClipSkip);
        Add("Denoising strength", m.DenoisingStrength);
        Add("Init image hash", m.InitImageHash);
        Add("Mask hash", m.MaskHash);
        Add("Mask blur", m.MaskBlur);
        Add("RNG", m.Rng);
        Add("True CFG scale", m.TrueCfgScale);
        Add("CFG rescale", m.CfgRescale);
        Add("Eta", m.Eta);
        Add("Shift", m.Shift);
        Add("Original size", m.OriginalSize);
        Add("Crops coords top left", m.CropsCoordsTopLeft);
        Add("Target size", m.TargetSize);
        Add("Negative original size", m.NegativeOriginalSize);
        Add("Negative crops coords top left", m.NegativeCropsCoordsTopLeft);
        Add("Negative target size", m.NegativeTargetSize);
        Add("VAE Decoder", m.VaeDecoder);
        Add("Type", m.Type);
        Add("Refiner", m.Refiner);
        Add("Refiner switch at", m.RefinerStart);
        Add("Aesthetic score", m.AestheticScore);
        Add("Negative aesthetic score", m.NegativeAestheticScore);
        foreach ((int i, ControlNetMetadata control) in m.ControlNets.Index())
        {
            Add(string.Create(CultureInfo.InvariantCulture, $"{ControlNetMetadata.Key}{i}"), control);
        }

        Add("Policy", m.Policy);
        Add("Version", m.Version);
        foreach ((string key, string value) in m.Others)
        {
            if (!Key().IsMatch(key))
            {
                throw new ArgumentException($"'{key}' cannot be the name of a setting: two or more letters, digits, spaces, '-' and '/', a letter or digit first.", nameof(m));
            }

            Add(key, value);
        }

        return settings;
    }

    private static GenerationMetadata Apply(GenerationMetadata m, string key, string value)
    {
        GenerationMetadata? known = key switch
        {
            "Steps" => Integer(value) is { } n ? m with { Steps = n } : null,
            "Sampler" => m with { Sampler = value },
            "Schedule type" => m with { ScheduleType = value },
            "CFG scale" => Real(value) is { } x ? m with { CfgScale = x } : null,
            "Seed" => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed) ? m with { Seed = seed } : null,
            "Size" => Size().Match(value) is { Success: true } s && Integer(s.Groups[1].Value) is { } width && Integer(s.Groups[2].Value) is { } height
                ? m with { Width = width, Height = height }
                : null,
            "Model hash" => m with { ModelHash = value },
            "Model" => m with { Model = value },
            "Clip skip" => Integer(value) is { } n ? m with { ClipSkip = n } : null,
            "Denoising strength" => Real(value) is { } x ? m with { DenoisingStrength = x } : null,
            "Init image hash" => m with { InitImageHash = value },
            "Mask hash" => m with { MaskHash = value },
            "Mask blur" => Integer(value) is { } n ? m with { MaskBlur = n } : null,
            "RNG" => m with { Rng = value },
            "True CFG scale" => Real(value) is { } x ? m with { TrueCfgScale = x } : null,
            "CFG rescale" => Real(value) is { } x ? m with { CfgRescale = x } : null,
            "Eta" or "Eta DDIM" => Real(value) is { } x ? m with { Eta = x } : null,
            "Refiner" => m with { Refiner = value },
            "Refiner switch at" => Real(value) is { } x ? m with { RefinerStart = x } : null,
            "Aesthetic score" => Real(value) is { } x ? m with { AestheticScore = x } : null,
            "Negative aesthetic score" => Real(value) is { } x ? m with { NegativeAestheticScore = x } : null,
            "Shift" => Real(value) is { } x ? m with { Shift = x } : null,
            "Original size" => PixelSize.Parse(value) is { } size ? m with { OriginalSize = size } : null,
            "Crops coords top left" => PixelOffset.Parse(value) is { } place ? m with { CropsCoordsTopLeft = place } : null,
            "Target size" => PixelSize.Parse(value) is { } size ? m with { TargetSize = size } : null,
            "Negative original size" => PixelSize.Parse(value) is { } size ? m with { NegativeOriginalSize = size } : null,
            "Negative crops coords top left" => PixelOffset.Parse(value) is { } place ? m with { NegativeCropsCoordsTopLeft = place } : null,
            "Negative target size" => PixelSize.Parse(value) is { } size ? m with { NegativeTargetSize = size } : null,
            "VAE Decoder" => m with { VaeDecoder = value },
            "Type" => m with { Type = value },
            "Policy" => m with { Policy = value },
            "Version" => m with { Version = value },
            _ when key.StartsWith(ControlNetMetadata.Key, StringComparison.Ordinal) => ControlNetMetadata.Parse(value) is { } control ? m with { ControlNets = [.. m.ControlNets, control] } : null,
            ExactPrompt => m with { Prompt = value },
            ExactNegative => m with { NegativePrompt = value },
            _ => null,
        };
        return known ?? (m with { Others = [.. m.Others, new(key, value)] });
    }

    private static int? Integer(string value) => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int n) ? n : null;

    private static double? Real(string value) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double x) && double.IsFinite(x) ? x : null;

    private static string Quote(string value) =>
        value.AsSpan().ContainsAny(",:\n\r\"") || value.Trim() != value ? JsonSerializer.Serialize(value, Json.String) : value;

    private static string Unquote(string value)
    {
        if (value.Length < 2 || value[0] != '"' || value[^1] != '"')
        {
            return value.Trim();
        }

        try
        {
            return JsonSerializer.Deserialize(value, Json.String) ?? value;
        }
        catch (JsonException)
        {
            return value;
        }
    }

    // The time limit is for hostile files: the pattern is quadratic on a line of megabytes without punctuation.
    [GeneratedRegex("""\s*(\w[\w \-/]+):\s*("(?:\\.|[^\\"])+"|[^,]*)(?:,|$)""", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Setting();

    [GeneratedRegex("""^\w[\w \-/]+$""")]
    private static partial Regex Key();

    [GeneratedRegex("""^(\d+)x(\d+)$""")]
    private static partial Regex Size();
}

/// <summary>Text as JSON quotes it.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class QuotedText : JsonSerializerContext;
