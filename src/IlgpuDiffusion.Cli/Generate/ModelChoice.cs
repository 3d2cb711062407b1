using System.CommandLine;

namespace IlgpuDiffusion.Cli;

/// <summary>Which files a model is opened from, besides the one that names it.</summary>
internal static class ModelChoice
{
    public static PipelineOptions Of(ParseResult parsed, GenerateOptions options)
    {
        Dictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (Option<string?> option in (Option<string?>[])[options.Vae, options.ClipL, options.ClipG, options.ClipH])
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
            Config = parsed.GetValue(options.Config),
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
