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
    public const long DefaultSeed = 42;

    // What stable-diffusion-webui draws from.
    private const long MostRandomSeed = 4294967294;

    public required string Model { get; init; }

    public required GenerationRequest Request { get; init; }

    public required PipelineOptions Options { get; init; }

    public required OutputNames Output { get; init; }

    public bool StoresMetadata { get; init; } = true;

    public bool Verbose { get; init; }

    /// <summary>Which device was chosen where that is not what was asked for, or null.</summary>
    public string? DeviceNote { get; init; }

    /// <summary>What could not be followed and is said before the work begins.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    public static GenerateSettings Read(ParseResult parsed, GenerateOptions options, bool needsPrompt = true, bool oneDevice = true)
    {
        List<string> warnings = [];
        string? init = parsed.GetValue(options.InitImage);
        GenerationRequest request = new() { Seed = DefaultSeed };
        ElementType? repeatedType = null;
        string model = parsed.GetValue(options.Model) ?? PapercutModel.Folder;
        if (parsed.GetValue(options.From) is { } from)
        {
            RepeatedPicture repeated = RepeatedPicture.Read(from, model, init is not null);
            (request, repeatedType) = (repeated.Request, repeated.Type);
            warnings.AddRange(repeated.Warnings);
        }
        else if (needsPrompt && parsed.GetValue(options.Prompt) is null)
        {
            throw new UsageException("Say what to paint: -p \"a red house in a green meadow by day\". See 'ilgpu-diffusion --help'.");
        }

        request = Override(request, parsed, options);
        request = AddPictures(request, init, parsed.GetValue(options.Mask), parsed.GetValue(options.Strength));
        if (request.Seed is < 0)
        {
            request = request with { Seed = Random.Shared.NextInt64(MostRandomSeed + 1) };
        }

        if (request.Seed > long.MaxValue - request.BatchCount)
        {
            throw new UsageException($"--seed {request.Seed} is too large for {request.BatchCount} pictures.");
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
            Options = new PipelineOptions { Device = device, Type = type, MemoryLimit = parsed.GetValue(options.MemoryLimit), Threads = Math.Max(0, parsed.GetValue(options.Threads) ?? 0), WithoutPasses = parsed.GetValue(options.WithoutPasses) ?? [] },
            Output = OutputNames.Parse((needsPrompt ? parsed.GetValue(options.Output) : null) ?? OutputNames.Default),
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
        Width = parsed.GetValue(options.Width) ?? request.Width,
        Height = parsed.GetValue(options.Height) ?? request.Height,
        Steps = parsed.GetValue(options.Steps) ?? request.Steps,
        CfgScale = parsed.GetValue(options.CfgScale) ?? request.CfgScale,
        CfgRescale = parsed.GetValue(options.CfgRescale) ?? request.CfgRescale,
        Seed = parsed.GetValue(options.Seed) ?? request.Seed,
        BatchCount = parsed.GetValue(options.BatchCount) ?? request.BatchCount,
        Sampler = parsed.GetValue(options.Sampler) ?? request.Sampler,
        Scheduler = parsed.GetValue(options.Scheduler) ?? request.Scheduler,
        Eta = parsed.GetValue(options.Eta) ?? request.Eta,
        ClipSkip = Math.Max(0, parsed.GetValue(options.ClipSkip) ?? request.ClipSkip),
        Rng = parsed.GetValue(options.Rng) is { } rng ? Noise(rng) : request.Rng,
        Strength = parsed.GetValue(options.Strength) ?? request.Strength,
        Policy = PolicyChoice.Of(parsed, options, request.Policy),
    };

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

        Image picture = Image.Load(init);
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

    private static Image ReadMask(string path, Image picture, int width, int height)
    {
        // What is transparent in a mask is not painted on, so it is kept.
        Image mask = PngReader.Read(path).Flatten(background: 0);
        if (mask.Width != picture.Width || mask.Height != picture.Height)
        {
            throw new UsageException($"The mask '{path}' has {mask.Width}x{mask.Height} pixels and the picture {picture.Width}x{picture.Height}; they must be of one size.");
        }

        return ImageResize.Cover(mask, width, height, ResizeFilter.Bilinear);
    }
}
