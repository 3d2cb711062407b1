using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Cli.Tests;

/// <summary>Runs the command line in this process, with a generator that paints seeds and remembers what it was asked.</summary>
internal sealed class CliRun : IDisposable
{
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public string Folder { get; } = Directory.CreateTempSubdirectory("cli").FullName;

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    /// <summary>What standard input holds.</summary>
    public string Input { get; init; } = string.Empty;

    public bool OutputIsTerminal { get; init; }

    /// <summary>What the painter says of every request.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What was written to standard output as bytes.</summary>
    public MemoryStream Bytes { get; } = new();

    public List<GenerationRequest> Requests { get; } = [];

    public string? Model { get; private set; }

    public PipelineOptions? Options { get; private set; }

    /// <summary>Called before each picture.</summary>
    public Action<GenerationRequest, CancellationToken> BeforePicture { get; set; } = (_, _) => { };

    public bool ShowsProgress { get; init; }

    /// <summary>Whether the real pipeline paints.</summary>
    public bool UsesPipeline { get; init; }

    public string Path(string name) => System.IO.Path.Combine(Folder, name);

    public Task<int> RunAsync(params string[] args) => RunAsync(CancellationToken.None, args);

    public Task<int> RunAsync(CancellationToken cancellation, params string[] args)
    {
        CliHost host = new()
        {
            Output = _output,
            Error = _error,
            Input = new StringReader(Input),
            OutputIsTerminal = OutputIsTerminal,
            OpenOutput = () => Bytes,
            ShowsProgress = ShowsProgress,
            Open = (model, options) =>
            {
                (Model, Options) = (model, options);
                return UsesPipeline ? PipelineGenerator.Open(model, options with { CacheFolder = Path("cache") }) : new SeedPainter(this);
            },
            OpenPipeline = (model, options) => DiffusionPipeline.Open(model, options with { CacheFolder = Path("cache") }),
        };
        return CommandLine.RunAsync(args, host, cancellation);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private sealed class SeedPainter(CliRun run) : IGenerator
    {
        public string Device => "paper";

        public ResolvedSettings Check(GenerationRequest request)
        {
            if (request.Sampler == "eulr")
            {
                throw new RequestException("no sampler 'eulr'. The nearest is 'euler'. (Parameter 'name')");
            }

            return new ResolvedSettings(request.Width ?? 16, request.Height ?? 16, request.Steps ?? 20, request.Steps ?? 20, request.Sampler ?? "DDIM", request.Scheduler, request.CfgScale ?? 7, run.Warnings);
        }

        public Task MeasureAsync(GenerationRequest request, IProgress<CalibrationProgress> progress, CancellationToken cancellation) => Task.CompletedTask;

        public Task GenerateAsync(GenerationRequest request, Action<GenerationEvent> report, CancellationToken cancellation)
        {
            run.Requests.Add(request);
            run.Options!.Loading?.Report(new LoadProgress("denoiser", 0, 1, 1 << 20, 3 << 20));
            run.Options.Loading?.Report(new LoadProgress("denoiser", 1, 1, 3 << 20, 3 << 20));
            for (int i = 0; i < request.BatchCount; i++)
            {
                ulong seed = request.Seed!.Value + (ulong)i;
                run.BeforePicture(request with { Seed = seed }, cancellation);
                for (int step = 1; step <= 3; step++)
                {
                    report(new StepEvent(new GenerationProgress(step, 3, TimeSpan.FromMilliseconds(10))));
                    report(new PreviewEvent(step, new Image(8, 8)));
                }

                report(new PictureEvent(i, Paint(request, seed), default));
            }

            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static GeneratedImage Paint(GenerationRequest request, ulong seed)
        {
            Image image = new(request.Width ?? 16, request.Height ?? 16);
            Array.Fill(image.Pixels, (byte)seed);
            GenerationMetadata metadata = new()
            {
                Prompt = request.Prompt,
                NegativePrompt = request.NegativePrompt,
                Steps = request.Steps ?? 20,
                Sampler = request.Sampler ?? "DDIM",
                ScheduleType = request.Scheduler,
                CfgScale = request.CfgScale ?? 7,
                Seed = seed,
                Width = image.Width,
                Height = image.Height,
                Model = "papercut",
                ClipSkip = request.ClipSkip > 1 ? request.ClipSkip : null,
                DenoisingStrength = request.InitImage is null ? null : request.Strength,
                Rng = request.Rng == Sampling.NoiseKind.Cpu ? "CPU" : "NV",
                CfgRescale = request.CfgRescale > 0 ? request.CfgRescale : null,
                Eta = request.Eta,
                Version = "IlgpuDiffusion 0.1.0",
            };
            return new GeneratedImage(image, seed, metadata);
        }
    }
}
