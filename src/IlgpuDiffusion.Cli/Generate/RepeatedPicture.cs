using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Cli;

/// <summary>What the command line gives beside a picture to repeat.</summary>
internal readonly record struct GivenBeside(bool InitImage, bool Mask, bool ControlNet, bool Taesd, bool Refiner, bool Seed, bool Rng, bool Sampler, bool Eta, bool Policy);

/// <summary>The request that a picture's metadata describes, the type in which activations were stored (null where it does not say), and what of it cannot be followed.</summary>
internal sealed record RepeatedPicture(GenerationRequest Request, GenerationMetadata Metadata, ElementType? Type, IReadOnlyList<string> Warnings)
{
    // Settings that say nothing about the pixels.
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal) { "Model hash", "VAE hash", "Lora hashes", "TI hashes", "Hashes", "Plan", "Backend", "Time", "Device", "User", "Eta DDIM" };

    /// <param name="path">The picture.</param>
    /// <param name="model">The model's folder.</param>
    /// <param name="given">What the command line gives, which the picture need not know then.</param>
    /// <exception cref="UsageException">It was made from something that it cannot tell and that was not given.</exception>
    public static RepeatedPicture Read(string path, string model, GivenBeside given)
    {
        GenerationMetadata m = PictureMetadata.Of(PictureFile.ReadText(path), path);
        List<string> warnings = [];
        bool own = ForeignPicture.IsOwn(m);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(model)));
        if (m.Model is { } made && !string.Equals(made, name, StringComparison.OrdinalIgnoreCase))
        {
            warnings.Add($"'{path}' was made with the model '{made}'; this one is '{name}'. Choose the model with -m.");
        }

        AskForPictures(path, m, given, warnings);

        // Pictures of this program name the type where it is not F32.
        bool known = ElementTypes.TryParseStorage(m.Type, out ElementType named);
        ElementType? type = known ? named : own ? ElementType.F32 : null;
        if (m.ControlNets.Count > 0 && !given.ControlNet)
        {
            string controls = string.Join(", ", m.ControlNets.Select(control => $"'{control.Model}'{(control.ImageHash is { } hash ? $" (Image hash {hash})" : string.Empty)}"));
            if (own)
            {
                throw new UsageException($"'{path}' was made with ControlNet {controls}; give each with --controlnet, and its picture with --control-image.");
            }

            warnings.Add($"'{path}' was made with ControlNet {controls}, and is repeated without. Give each with --controlnet, and its picture with --control-image.");
        }

        if (m.Refiner is { } refiner && !given.Refiner)
        {
            string by = $"'{path}' was made with the refiner '{refiner}'";
            if (own)
            {
                throw new UsageException($"{by}; give it with --refiner.");
            }

            warnings.Add($"{by}, and is repeated without. Give it with --refiner.");
        }

        if (m.VaeDecoder is { } decoder && !given.Taesd)
        {
            warnings.Add($"'{path}' was decoded by {decoder}; give that with --taesd, or its pixels will differ.");
        }

        List<string> ignored = [.. m.Others.Select(o => o.Key).Where(k => !Harmless.Contains(k) && !ForeignPicture.IsIdle(m, k) && !k.StartsWith("Hires ", StringComparison.Ordinal))];
        if (m.Type is not null && !known)
        {
            ignored.Add("Type");
        }

        double? eta = ForeignPicture.Eta(m);
        if (eta is not null && !given.Sampler && !given.Eta && m.Sampler is not null && SamplerCatalogue.TryResolve(m.Sampler, out SamplerChoice choice) && !choice.Entry.HasEta)
        {
            eta = null;
            ignored.Add($"Eta (which {choice.Entry.Label} does not have)");
        }

        NoiseKind noise = ForeignPicture.Noise(m, out string? unknown);
        if (unknown is not null && !given.Rng)
        {
            ignored.Add($"RNG {unknown} (CPU in its place; choose with --rng)");
        }

        if (ignored.Count > 0)
        {
            warnings.Add($"These settings of '{path}' are not followed: {string.Join(", ", ignored)}.");
        }

        if (m.Seed is null && !given.Seed)
        {
            string? stated = m.Others.LastOrDefault(o => o.Key == "Seed").Value;
            throw new InvalidDataException(stated is null
                ? $"'{path}' does not tell its seed, so it cannot be repeated. Give one with --seed."
                : $"The seed of '{path}' is '{stated}', but seeds are whole numbers from 0 to {ulong.MaxValue}. Give one with --seed.");
        }

        GenerationRequest request = new()
        {
            Prompt = m.Prompt,
            NegativePrompt = m.NegativePrompt,
            Width = m.Width,
            Height = m.Height,
            Steps = m.Steps,
            CfgScale = m.CfgScale,
            TrueCfgScale = m.TrueCfgScale ?? 1,
            CfgRescale = m.CfgRescale ?? 0,
            Seed = m.Seed,
            Sampler = m.Sampler,
            Scheduler = ForeignPicture.Schedule(m),
            Eta = eta,
            ClipSkip = m.ClipSkip ?? (own ? 0 : 1),
            Rng = noise,
            MaskBlur = own && m.MaskHash is not null ? m.MaskBlur : m.MaskBlur ?? new GenerationRequest().MaskBlur,
            RefinerStart = m.RefinerStart ?? new GenerationRequest().RefinerStart,
            AestheticScore = m.AestheticScore ?? new GenerationRequest().AestheticScore,
            NegativeAestheticScore = m.NegativeAestheticScore ?? new GenerationRequest().NegativeAestheticScore,
            Shift = m.Shift,
            OriginalSize = m.OriginalSize,
            CropsCoordsTopLeft = m.CropsCoordsTopLeft,
            TargetSize = m.TargetSize,
            NegativeOriginalSize = m.NegativeOriginalSize,
            NegativeCropsCoordsTopLeft = m.NegativeCropsCoordsTopLeft,
            NegativeTargetSize = m.NegativeTargetSize,
            Policy = given.Policy ? null : ReadPolicy(path, m.Policy),
        };
        return new RepeatedPicture(given.InitImage && m.DenoisingStrength is { } strength ? request with { Strength = strength } : request, m, type, warnings);
    }

    private static AccelerationPolicy? ReadPolicy(string path, string? json)
    {
        try
        {
            return json is null ? null : AccelerationPolicy.Parse(json);
        }
        catch (PolicyException e)
        {
            throw new InvalidDataException($"The acceleration policy of '{path}' cannot be followed: {e.Message} Give another with --policy, or --exact for none.", e);
        }
    }

    private static void AskForPictures(string path, GenerationMetadata m, GivenBeside given, List<string> warnings)
    {
        bool starts = ForeignPicture.StartsAtPicture(m);
        if (starts && !given.InitImage)
        {
            throw new UsageException($"'{path}' was made from another picture{(m.InitImageHash is { } hash ? $" (Init image hash {hash})" : string.Empty)}{(m.DenoisingStrength is { } s ? FormattableString.Invariant($", Denoising strength {s}") : string.Empty)}; give that one with --init-img.");
        }

        if (m.MaskHash is not null && !given.Mask)
        {
            throw new UsageException($"'{path}' was made with a mask (Mask hash {m.MaskHash}); give it with --mask.");
        }

        if (starts || given.InitImage)
        {
            return;
        }

        if (ForeignPicture.WasEnlarged(m))
        {
            warnings.Add($"'{path}' was enlarged after it was painted (hires fix), which is not followed: this is its first pass.");
        }
        else if (m.DenoisingStrength is > 0)
        {
            warnings.Add(FormattableString.Invariant($"'{path}' states a denoising strength ({m.DenoisingStrength}) and no picture to start from, so it is repeated from its prompt alone. If it was made from another picture, give that one with --init-img."));
        }
    }
}
