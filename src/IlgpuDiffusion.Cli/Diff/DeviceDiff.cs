using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Devices;
using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Cli;

/// <summary>Makes a picture on two devices, comparing every launch.</summary>
/// <param name="FirstName">The device that is believed.</param>
/// <param name="SecondName">The device that is examined.</param>
/// <param name="Launches">Every compared result, in order.</param>
/// <param name="Psnr">Of the first's picture and one that the second makes alone, dB.</param>
internal sealed record DeviceDiff(string FirstName, string SecondName, IReadOnlyList<ComparedLaunch> Launches, double Psnr)
{
    // Where no steps are asked for: as few as do, of which two show what the first leaves to the next.
    private const int LeastSteps = 2;
    private const int MostSteps = 64;

    /// <summary>Runs it; of each device two are started, one after the other.</summary>
    public static async Task<DeviceDiff> RunAsync(string model, GenerationRequest request, PipelineOptions first, PipelineOptions second, bool isolated, IProgress<GenerationProgress>? progress, CancellationToken cancellation)
    {
        List<LaunchComparison> compared = [];
        (string First, string Second) names = ("", "");
        Device Both()
        {
            Device one = first.StartDevice();
            try
            {
                Device other = second.StartDevice();
                names = (one.Name, other.Name);
                return new ComparingDevice(one, other, compared.Add, isolated);
            }
            catch
            {
                one.Dispose();
                throw;
            }
        }

        (Image expected, Explanation explanation) = await PaintAsync(model, request, first with { Device = Both }, progress, cancellation).ConfigureAwait(false);
        (Image picture, _) = await PaintAsync(model, request, second with { Type = explanation.Type }, progress, cancellation).ConfigureAwait(false);
        return new DeviceDiff(names.First, names.Second, Locate(compared, explanation), ImageMetrics.Psnr(expected, picture));
    }

    private static async Task<(Image Picture, Explanation Explanation)> PaintAsync(string model, GenerationRequest request, PipelineOptions options, IProgress<GenerationProgress>? progress, CancellationToken cancellation)
    {
        DiffusionPipeline pipeline = DiffusionPipeline.Open(model, options);
        await using (pipeline.ConfigureAwait(false))
        {
            PlannedRequest planned = request.Steps is null ? ShortRun.Plan(pipeline, request, LeastSteps, MostSteps) : pipeline.Plan(request);
            Explanation explanation = planned.Explain();
            GenerationResult result = await planned.GenerateAsync(progress, cancellation).ConfigureAwait(false);
            return (result.Images[0].Image, explanation);
        }
    }

    private static ComparedLaunch[] Locate(List<LaunchComparison> compared, Explanation explanation)
    {
        Dictionary<(string, string), string> programs = [];
        foreach (ComponentExplanation component in explanation.Components)
        {
            foreach (Graphs.Execution.ProgramReport program in component.Executable.Programs)
            {
                foreach (Graphs.Execution.LaunchReport launch in program.Launches)
                {
                    programs.TryAdd((launch.Op, launch.Path), $"{component.Name}, {program.Name}");
                }
            }
        }

        return [.. compared.Select(values => new ComparedLaunch(values, values.Op == nameof(Device.Combine) ? "sampler" : programs.GetValueOrDefault((values.Op, values.Path), "load")))];
    }
}
