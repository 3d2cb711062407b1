using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Cli;

/// <summary>The request that a picture's metadata describes, the type in which activations were stored (null where it does not say), and what of it cannot be followed.</summary>
internal sealed record RepeatedPicture(GenerationRequest Request, ElementType? Type, IReadOnlyList<string> Warnings)
{
    // Settings that say nothing about the pixels.
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal) { "Model hash", "VAE hash", "Lora hashes", "TI hashes", "Hashes", "Plan", "Backend", "Time", "Device" };

    public static RepeatedPicture Read(string path, string model, bool hasInitImage)
    {
        GenerationMetadata m = PictureMetadata.Read(path);
        List<string> warnings = [];
        bool own = m.Version?.StartsWith("IlgpuDiffusion", StringComparison.Ordinal) == true;
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model)));
        if (m.Model is { } made && !string.Equals(made, name, StringComparison.OrdinalIgnoreCase))
        {
            warnings.Add($"'{path}' was made with the model '{made}'; this one is '{name}'. Choose the model with -m.");
        }

        if (m.DenoisingStrength is not null && !hasInitImage)
        {
            throw new UsageException($"'{path}' was made from another picture (Denoising strength {m.DenoisingStrength}); give that one with --init-img.");
        }

        // Pictures of this program name the type where it is not F32.
        bool known = ElementTypes.TryParseStorage(m.Type, out ElementType named);
        ElementType? type = known ? named : own ? ElementType.F32 : null;
        string[] ignored = [.. m.Others.Select(o => o.Key).Where(k => !Harmless.Contains(k)), .. m.Type is null || known ? (string[])[] : ["Type"]];
        if (ignored.Length > 0)
        {
            warnings.Add($"These settings of '{path}' are not followed: {string.Join(", ", ignored)}.");
        }

        GenerationRequest request = new()
        {
            Prompt = m.Prompt,
            NegativePrompt = m.NegativePrompt,
            Width = m.Width,
            Height = m.Height,
            Steps = m.Steps,
            CfgScale = m.CfgScale,
            CfgRescale = m.CfgRescale ?? 0,
            Seed = m.Seed ?? throw new InvalidDataException($"'{path}' does not tell its seed, so it cannot be repeated."),
            Sampler = m.Sampler,
            Scheduler = m.ScheduleType,
            Eta = m.Eta,
            ClipSkip = m.ClipSkip ?? (own ? 0 : 1),
            Rng = Noise(path, m.Rng, own),
            Policy = ReadPolicy(path, m.Policy),
            Strength = m.DenoisingStrength ?? new GenerationRequest().Strength,
        };
        return new RepeatedPicture(request, type, warnings);
    }

    private static AccelerationPolicy? ReadPolicy(string path, string? json)
    {
        try
        {
            return json is null ? null : AccelerationPolicy.Parse(json);
        }
        catch (PolicyException e)
        {
            throw new InvalidDataException($"The acceleration policy of '{path}' cannot be followed: {e.Message} Give another with --policy.", e);
        }
    }

    /// <summary>Pictures of stable-diffusion-webui name their noise only where it is not the default, that of CUDA.</summary>
    private static NoiseKind Noise(string path, string? name, bool own) => name?.ToUpperInvariant() switch
    {
        null => own ? NoiseKind.Cpu : NoiseKind.Cuda,
        "CPU" => NoiseKind.Cpu,
        "NV" or "GPU" or "CUDA" => NoiseKind.Cuda,
        _ => throw new InvalidDataException($"'{path}' was made with the noise '{name}', which is not known (CPU, NV, GPU)."),
    };
}
