using System.Diagnostics;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Papercut;

namespace IlgpuDiffusion.Perf.Quality;

/// <summary>Paints the pictures of cases and holds them against exact ones; what was measured in earlier calls is not measured again.</summary>
internal sealed class QualityBench : IAsyncDisposable
{
    /// <summary>Steps of the exact run.</summary>
    public const int Steps = 20;

    /// <summary>How many times more steps the longer run has.</summary>
    public const int Longer = 4;

    private readonly DiffusionPipeline _pipeline;
    private readonly IReadOnlyList<(string Prompt, ulong Seed)> _pairs;
    private readonly int _size;
    private readonly int _threads;
    private readonly string _pictures;

    public QualityBench(int size, int pairs, int threads)
    {
        (_size, _threads, _pairs) = (size, threads, PapercutPrompts.HeldOut(pairs));

        // A cache of its own, kept between calls for the times of kernels.
        string cache = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "ilgpu-diffusion-quality", "cache")).FullName;
        _pipeline = DiffusionPipeline.Open(PapercutModel.Folder, new PipelineOptions { Threads = threads, CacheFolder = cache });
        _pictures = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "ilgpu-diffusion-quality")).FullName;
    }

    /// <summary>The device's name.</summary>
    public string Device => _pipeline.DeviceName;

    /// <summary>What budgets come to on this machine, its kernels timed first, by what ships: nothing that was calibrated earlier is known.</summary>
    public async Task<IReadOnlyList<ChoiceRow>> ChooseAsync(CancellationToken cancellation)
    {
        string cache = Directory.CreateTempSubdirectory("ilgpu-diffusion-choose-").FullName;
        try
        {
            await using DiffusionPipeline pipeline = DiffusionPipeline.Open(PapercutModel.Folder, new PipelineOptions { Threads = _threads, CacheFolder = cache });
            await pipeline.GenerateAsync(Request(0), cancellationToken: cancellation);
            await pipeline.MeasureAsync(Request(0), cancellationToken: cancellation);
            return [.. QualityCases.Budgets.Select(budget => pipeline.Explain(Request(0) with { Budget = budget }).Choice!)
                .Select(choice => new ChoiceRow(_size, QualityCases.Auto, choice.Budget.ToString(), choice.Policy.ToJson(), choice.Does))];
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }

    /// <summary>Measures what is missing until a time is over; returns whether nothing is.</summary>
    public async Task<bool> MeasureAsync(IReadOnlyList<QualityCase> cases, RowFile<QualityRow> rows, TimeSpan limit, CancellationToken cancellation)
    {
        Stopwatch watch = Stopwatch.StartNew();
        HashSet<(int, string)> known = [.. rows.Rows.Where(row => row.Size == _size).Select(row => (row.Pair, row.Case))];
        for (int pair = 0; pair < _pairs.Count; pair++)
        {
            foreach (QualityCase one in cases.Where(one => !known.Contains((pair, one.Name))))
            {
                if (watch.Elapsed > limit)
                {
                    return false;
                }

                Image exact = await ReferenceAsync(pair, Steps, cancellation), longer = await ReferenceAsync(pair, Longer * Steps, cancellation);
                Image picture = (await _pipeline.GenerateAsync(Request(pair) with { Policy = one.Policy }, cancellationToken: cancellation)).Images[0].Image;
                rows.Add(new QualityRow(
                    _size, pair, one.Name, Round(ImageMetrics.Psnr(exact, picture)), Round(ImageMetrics.Ssim(exact, picture)), Round(ImageMetrics.HighFrequencyError(exact, picture)),
                    Round(ImageMetrics.Psnr(longer, picture)), Round(ImageMetrics.Ssim(longer, picture))));
            }
        }

        return true;
    }

    /// <summary>Times cases beside the exact request, one after the other in turns, until a time is over; returns whether every case has its rounds.</summary>
    public async Task<bool> TimeAsync(IReadOnlyList<QualityCase> cases, RowFile<TimeRow> rows, int rounds, TimeSpan limit, CancellationToken cancellation)
    {
        Stopwatch watch = Stopwatch.StartNew();
        await _pipeline.GenerateAsync(Request(0), cancellationToken: cancellation);
        foreach (QualityCase one in cases.OrderBy(one => rows.Rows.Count(row => row.Size == _size && row.Case == one.Name)))
        {
            int missing = rounds - rows.Rows.Count(row => row.Size == _size && row.Case == one.Name);
            for (int round = 0; round < missing; round++)
            {
                if (watch.Elapsed > limit)
                {
                    return false;
                }

                GenerationRequest request = Request(0) with { Policy = one.Policy };
                if (round == 0)
                {
                    // Compiles and binds; one step has the same programs.
                    _pipeline.Explain(request);
                    await _pipeline.GenerateAsync(request, cancellationToken: cancellation);
                }

                GenerationResult exact = await _pipeline.GenerateAsync(Request(0), cancellationToken: cancellation), own = await _pipeline.GenerateAsync(request, cancellationToken: cancellation);
                rows.Add(new TimeRow(_size, one.Name, Round(own.Times.Total.TotalSeconds), Round(exact.Times.Total.TotalSeconds), Round(own.Expected.Total.TotalSeconds)));
            }
        }

        return true;
    }

    public ValueTask DisposeAsync() => _pipeline.DisposeAsync();

    private static double Round(double value) => double.IsFinite(value) ? Math.Round(value, 5) : value;

    private GenerationRequest Request(int pair) => new() { Prompt = _pairs[pair].Prompt, Seed = _pairs[pair].Seed, Width = _size, Height = _size, Steps = Steps };

    // Exact pictures are kept between calls.
    private async Task<Image> ReferenceAsync(int pair, int steps, CancellationToken cancellation)
    {
        string file = Path.Combine(_pictures, $"{_size}-{pair}-{steps}.png");
        if (!File.Exists(file))
        {
            PngWriter.Write(file, (await _pipeline.GenerateAsync(Request(pair) with { Steps = steps }, cancellationToken: cancellation)).Images[0].Image);
        }

        return PngReader.Read(file).Image;
    }
}
