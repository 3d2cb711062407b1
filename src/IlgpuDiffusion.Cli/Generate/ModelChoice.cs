using System.CommandLine;
using System.Globalization;

namespace IlgpuDiffusion.Cli;

/// <summary>Which files a model is opened from, besides the one that names it.</summary>
internal static class ModelChoice
{
    /// <summary>The LoRAs that are given by their files.</summary>
    public static IReadOnlyList<Lora> Loras(ParseResult parsed, GenerateOptions options) => [.. (parsed.GetValue(options.Lora) ?? []).Select(text =>
    {
        int colon = text.LastIndexOf(':');
        bool weighted = colon > 0 && double.TryParse(text[(colon + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        return weighted ? new Lora(text[..colon], double.Parse(text[(colon + 1)..], CultureInfo.InvariantCulture)) : new Lora(text);
    })];

    public static PipelineOptions Of(ParseResult parsed, GenerateOptions options)
    {
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (Option<string?> option in (Option<string?>[])[options.Vae, options.ClipL, options.ClipG, options.Taesd, options.ClipH, options.T5])
        {
            if (parsed.GetValue(option) is { } path)
            {
                files.Add(option.Name.TrimStart('-'), path);
            }
        }

        return new PipelineOptions
        {
            Variant = parsed.GetValue(options.Variant),
            Files = files,
            Refiner = parsed.GetValue(options.Refiner),
            Config = parsed.GetValue(options.Config),
            EmbeddingFolder = parsed.GetValue(options.EmbeddingFolder),
            LoraFolder = parsed.GetValue(options.LoraFolder),
            PredictsVelocity = parsed.GetValue(options.Prediction) switch
            {
                null => null,
                "eps" or "epsilon" => false,
                "v" or "v_prediction" => true,
                string other => throw new UsageException($"--prediction is '{other}', but must be eps or v."),
            },
        };
    }
}
