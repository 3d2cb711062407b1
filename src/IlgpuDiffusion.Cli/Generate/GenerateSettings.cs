using System.CommandLine;

using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Papercut;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Cli;

/// <summary>What a command line asks for, checked as far as it can be without the model.</summary>
internal sealed record GenerateSettings
{
    public const ulong DefaultSeed = 42;

    public const string DefaultPreview = "preview.png";

    /// <summary>The name by which the model that ships is asked for.</summary>
    public const string ShippedModel = "papercut";

    // What stable-diffusion-webui draws from.
    private const long MostRandomSeed = 4294967294;

    public required string Model { get; init; }

    public required GenerationRequest Request { get; init; }

    /// <summary>What to paint with the request, one after the other; at least one.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>Whether chance chose the seed.</summary>
    public bool SeedIsDrawn { get; init; }

    /// <summary>Where the picture so far is written, or null.</summary>
    public string? PreviewPath { get; init; }

    /// <summary>Whether names of files alone are printed.</summary>
    public bool Quiet { get; init; }

    /// <summary>Whether pictures are told of as data.</summary>
    public bool Json { get; init; }

    public required PipelineOptions Options { get; init; }

    public required OutputNames Output { get; init; }

    public bool StoresMetadata { get; init; } = true;

    public bool Verbose { get; init; }

    /// <summary>Which device was chosen where that is not what was asked for, or null.</summary>
    public string? DeviceNote { get; init; }

    /// <summary>What could not be followed and is said before the work begins.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Says what could not be followed, and which device was chosen, before the work begins.</summary>
    /// <param name="error">Where to.</param>
    /// <param name="planned">What the model's plan says beside it.</param>
    public void Announce(TextWriter error, params IEnumerable<string> planned)
    {
        foreach (string line in Quiet ? [] : Warnings.Concat(planned).Select(Warning).Concat(DeviceNote is { } note ? [note] : []))
        {
            error.WriteLine(line);
        }
    }

    /// <summary>A line that warns.</summary>
    public static string Warning(string text) => $"warning: {text}";

    /// <summary>Refuses more than one picture in a command for which that means nothing.</summary>
    /// <param name="reason">Why it does: a sentence without its end.</param>
    public void RequireOnePicture(string reason)
    {
        if (Request.BatchCount > 1)
        {
            throw new UsageException($"{reason}: leave --batch-count out.");
        }
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="options">Its options.</param>
    /// <param name="input">Where prompts are read from standard input; null for commands that paint nothing, which need no prompt.</param>
    /// <param name="oneDevice">Whether the command runs on one device.</param>
    public static GenerateSettings Read(ParseResult parsed, GenerateOptions options, TextReader? input, bool oneDevice = true)
    {
        bool needsPrompt = input is not null;
        List<string> warnings = [];
        string? init = parsed.GetValue(options.InitImage);
        GenerationRequest request = new() { Seed = DefaultSeed };
        RepeatedPicture? repeated = null;
        ElementType? repeatedType = null;
        string? asked = parsed.GetValue(options.Model);
        string model = asked is null || (asked == ShippedModel && !Directory.Exists(asked)) ? PapercutModel.Folder : asked;
        string? promptFile = needsPrompt ? parsed.GetValue(options.Prompts) : null;
        if (parsed.GetValue(options.From) is { } from)
        {
            bool Given(Option option) => parsed.GetResult(option) is { Implicit: false };
            GivenBeside given = new(init is not null, Given(options.Mask), Given(options.ControlNet), Given(options.Taesd), Given(options.Refiner), Given(options.Seed), Given(options.Rng), Given(options.Sampler), Given(options.Eta), Given(options.Policy) || Given(options.Budget) || Given(options.Exact));
            repeated = RepeatedPicture.Read(from, model, given);
            (request, repeatedType) = (repeated.Request, repeated.Type);
            warnings.AddRange(repeated.Warnings);
        }
        else if (needsPrompt && parsed.GetValue(options.Prompt) is null && promptFile is null)
        {
            throw new UsageException("Say what to paint: -p \"a red house in a green meadow by day\". See 'ilgpu-diffusion --help'.");
        }

        if (promptFile is not null && parsed.GetValue(options.Prompt) is not null)
        {
            throw new UsageException("--prompt and --prompts are both given; one of them says what to paint.");
        }

        request = Override(request, parsed, options);
        IReadOnlyList<string> prompts = promptFile is null ? [request.Prompt] : PromptFile.Read(promptFile, input!);
        string? preview = needsPrompt ? Preview(parsed, options) : null;
        request = preview is null ? request : request with { PreviewInterval = parsed.GetValue(options.PreviewInterval) ?? 1 };
        request = AddPictures(request, init, parsed.GetValue(options.Mask), parsed.GetValue(options.Strength));
        request = ControlNetChoice.Of(parsed, options, repeated?.Metadata) is { Count: > 0 } controls ? request with { ControlNets = controls } : request;
        warnings.AddRange(OtherPictures(repeated, request));
        if ((long)request.BatchCount * prompts.Count > PromptFile.MostPrompts)
        {
            throw new UsageException($"{prompts.Count} prompts of {request.BatchCount} pictures each are more than the {PromptFile.MostPrompts} pictures that one run takes.");
        }

        if (request.Seed > ulong.MaxValue - (ulong)(request.BatchCount - 1))
        {
            throw new UsageException($"--seed {request.Seed} is too large for {request.BatchCount} pictures, whose seeds count up from it to at most {ulong.MaxValue}.");
        }

        string? said = null;
        GpuDeviceOptions gpu = new()
        {
            MemoryLimit = parsed.GetValue(options.MemoryLimit),
            Graphs = !parsed.GetValue(options.WithoutGraphs),
            Log = parsed.GetValue(options.Verbose) ? parsed.InvocationConfiguration.Error.WriteLine : null,
        };
        Func<Device>? device = oneDevice ? DeviceChoice.Of(parsed.GetValue(options.Device), gpu, out said) : null;
        ElementType? type = TypeChoice.Of(parsed.GetValue(options.Type), repeatedType, parsed.GetValue(options.Device), processor: oneDevice && device is null, out string? untyped);
        warnings.AddRange(untyped is null ? [] : [untyped]);
        return new GenerateSettings
        {
            Model = model,
            Request = request,
            Prompts = prompts,
            SeedIsDrawn = parsed.GetValue(options.Seed) is { Value: null },
            PreviewPath = preview,
            Quiet = needsPrompt && parsed.GetValue(options.Quiet),
            Json = needsPrompt && parsed.GetValue(options.Json),
            Options = ModelChoice.Of(parsed, options) with { Device = device, Type = type, MemoryLimit = parsed.GetValue(options.MemoryLimit), Offload = parsed.GetValue(options.Offload), WeightBudget = parsed.GetValue(options.WeightBudget), Threads = Math.Max(0, parsed.GetValue(options.Threads) ?? 0), WithoutPasses = parsed.GetValue(options.WithoutPasses) ?? [] },
            Output = OutputNames.Parse((needsPrompt ? parsed.GetValue(options.Output) : null) ?? OutputNames.Default, request.BatchCount * prompts.Count),
            StoresMetadata = !(needsPrompt && parsed.GetValue(options.DisableMetadata)),
            Verbose = parsed.GetValue(options.Verbose),
            Warnings = warnings,
            DeviceNote = said,
        };
    }

    private static GenerationRequest Override(GenerationRequest request, ParseResult parsed, GenerateOptions options) => request with
    {
        Prompt = parsed.GetValue(options.Prompt) ?? request.Prompt,
        NegativePrompt = parsed.GetValue(options.NegativePrompt) ?? request.NegativePrompt,
        Loras = ModelChoice.Loras(parsed, options) is { Count: > 0 } loras ? loras : request.Loras,
        Embeddings = parsed.GetValue(options.Embedding) is { Length: > 0 } embeddings ? embeddings : request.Embeddings,
        Width = parsed.GetValue(options.Width) ?? request.Width,
        Height = parsed.GetValue(options.Height) ?? request.Height,
        Steps = parsed.GetValue(options.Steps) ?? request.Steps,
        CfgScale = parsed.GetValue(options.CfgScale) ?? request.CfgScale,
        TrueCfgScale = parsed.GetValue(options.TrueCfgScale) ?? request.TrueCfgScale,
        CfgRescale = parsed.GetValue(options.CfgRescale) ?? request.CfgRescale,
        Seed = parsed.GetValue(options.Seed) is { } seed ? seed.Value ?? (ulong)Random.Shared.NextInt64(MostRandomSeed + 1) : request.Seed,
        BatchCount = parsed.GetValue(options.BatchCount) ?? request.BatchCount,
        Sampler = parsed.GetValue(options.Sampler) ?? request.Sampler,
        Scheduler = parsed.GetValue(options.Scheduler) ?? request.Scheduler,
        Shift = parsed.GetValue(options.Shift) ?? request.Shift,
        OriginalSize = parsed.GetValue(options.OriginalSize) ?? request.OriginalSize,
        CropsCoordsTopLeft = parsed.GetValue(options.CropsCoordsTopLeft) ?? request.CropsCoordsTopLeft,
        TargetSize = parsed.GetValue(options.TargetSize) ?? request.TargetSize,
        NegativeOriginalSize = parsed.GetValue(options.NegativeOriginalSize) ?? request.NegativeOriginalSize,
        NegativeCropsCoordsTopLeft = parsed.GetValue(options.NegativeCropsCoordsTopLeft) ?? request.NegativeCropsCoordsTopLeft,
        NegativeTargetSize = parsed.GetValue(options.NegativeTargetSize) ?? request.NegativeTargetSize,
        Eta = parsed.GetValue(options.Eta) ?? request.Eta,
        ClipSkip = Math.Max(0, parsed.GetValue(options.ClipSkip) ?? request.ClipSkip),
        Rng = parsed.GetValue(options.Rng) is { } rng ? Noise(rng) : request.Rng,
        Strength = parsed.GetValue(options.Strength) ?? request.Strength,
        MaskBlur = parsed.GetValue(options.WithoutOverlay) ? null : parsed.GetValue(options.MaskBlur) ?? request.MaskBlur,
        TinyDecoder = Tiny(parsed, options),
        RefinerStart = Refined(parsed, options) ?? request.RefinerStart,
        AestheticScore = parsed.GetValue(options.AestheticScore) ?? request.AestheticScore,
        NegativeAestheticScore = parsed.GetValue(options.NegativeAestheticScore) ?? request.NegativeAestheticScore,
        Policy = PolicyChoice.Of(parsed, options, request.Policy),
        VaeTiling = Tiling(parsed, options),
        Budget = PolicyChoice.Budget(parsed, options),
    };

    private static bool? Tiling(ParseResult parsed, GenerateOptions options) =>
        parsed.GetResult(options.VaeTiling) is not { Implicit: false } ? null
        : parsed.GetValue(options.VaeTiling) switch
        {
            null or "on" => true,
            "off" => false,
            "auto" => null,
            string other => throw new UsageException($"--vae-tiling is '{other}', but must be auto, on or off."),
        };

    private static string? Preview(ParseResult parsed, GenerateOptions options)
    {
        string? path = parsed.GetValue(options.PreviewPath) is { } given ? PreviewName(given) : null;
        return parsed.GetResult(options.Preview) is not { Implicit: false } ? path
            : parsed.GetValue(options.Preview) switch
            {
                null or "vae" or "tae" => path ?? DefaultPreview,
                "none" => null,
                string other => throw new UsageException($"--preview is '{other}', but must be none, vae or tae. --preview-path names the file."),
            };
    }

    private static string PreviewName(string path) => PngName.IsStandardOutput(path)
        ? throw new UsageException($"--preview-path is '{path}', but the picture so far is a file that is written again and again: name one such as {DefaultPreview}.")
        : PngName.Of("--preview-path", path);

    private static double? Refined(ParseResult parsed, GenerateOptions options) =>
        parsed.GetValue(options.RefinerStart) is { } start ? parsed.GetValue(options.Refiner) is null ? throw new UsageException("--refiner-start needs a refiner: give it with --refiner.") : start : null;

    private static TinyDecoding Tiny(ParseResult parsed, GenerateOptions options)
    {
        bool only = parsed.GetValue(options.TaesdPreviewOnly);
        string? preview = parsed.GetValue(options.Preview);
        if (parsed.GetValue(options.Taesd) is null && (only || preview == "tae"))
        {
            throw new UsageException($"{(only ? options.TaesdPreviewOnly.Name : "--preview tae")} needs a tiny decoder: give it with --taesd.");
        }

        return (only ? TinyDecoding.None : TinyDecoding.Pictures) | (preview == "vae" ? TinyDecoding.None : TinyDecoding.Previews);
    }

    private static NoiseKind Noise(string name) => name.ToUpperInvariant() switch
    {
        "CPU" => NoiseKind.Cpu,
        "CUDA" or "GPU" or "NV" => NoiseKind.Cuda,
        _ => throw new UsageException($"--rng is '{name}', but must be cpu or cuda."),
    };

    private static GenerationRequest AddPictures(GenerationRequest request, string? init, string? mask, double? strength)
    {
        if (init is null)
        {
            return mask is null && strength is null ? request : throw new UsageException($"{(mask is null ? "--strength" : "--mask")} needs a picture to change: give it with --init-img.");
        }

        Image picture = PictureFile.Read(init).Flatten();
        int width = request.Width ?? Math.Max(8, picture.Width / 8 * 8);
        int height = request.Height ?? Math.Max(8, picture.Height / 8 * 8);
        return request with
        {
            Width = width,
            Height = height,
            InitImage = ImageResize.Cover(picture, width, height),
            Mask = mask is null ? null : ReadMask(mask, picture, width, height),
        };
    }

    // Pictures of this program say which ones they were made from.
    private static IEnumerable<string> OtherPictures(RepeatedPicture? repeated, GenerationRequest request)
    {
        if (repeated is not null && ForeignPicture.IsOwn(repeated.Metadata))
        {
            (string Option, string? Was, Image? Given)[] pictures =
            [
                ("--init-img", repeated.Metadata.InitImageHash, request.InitImage), ("--mask", repeated.Metadata.MaskHash, request.Mask),
                .. repeated.Metadata.ControlNets.Zip(request.ControlNets, (was, given) => ("--control-image", was.ImageHash, (Image?)given.Image)),
            ];
            foreach ((string option, string? was, Image? given) in pictures)
            {
                if (was is not null && given is not null && ImageHash.Of(given) is { } now && now != was)
                {
                    yield return $"{option} is not the picture that the repeated one was made from (hash {now}, not {was}).";
                }
            }
        }
    }

    private static Image ReadMask(string path, Image picture, int width, int height)
    {
        // What is transparent in a mask is not painted on, so it is kept.
        Image mask = PictureFile.Read(path).Flatten(background: 0);
        if (mask.Width != picture.Width || mask.Height != picture.Height)
        {
            throw new UsageException($"The mask '{path}' has {mask.Width}x{mask.Height} pixels and the picture {picture.Width}x{picture.Height}; they must be of one size.");
        }

        return ImageResize.Cover(mask, width, height, ResizeFilter.Bilinear);
    }
}
