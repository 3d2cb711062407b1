using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>A recorded MMDiT alone in the denoising loop, with a policy.</summary>
internal sealed class AcceleratedMmdit : IDisposable
{
    private readonly Device _device;
    private readonly WeightStore _weights;
    private readonly Residency _residency;
    private readonly Lane _lane;
    private readonly MmditModel _mmdit;

    public AcceleratedMmdit(string folder, Device? device = null)
    {
        _device = device ?? TestDevices.Create(TestDevices.Cpu);
        _weights = WeightStore.Open(folder);
        _mmdit = MmditModel.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
        (_residency, _lane) = (new Residency(_device), new Lane(_device));
        Denoiser = new Denoiser(_mmdit, _mmdit.Config.OutChannels, _weights, new ComponentRunner(_device, _lane, _residency, []));
    }

    public Denoiser Denoiser { get; }

    /// <summary>The steps of the recordings.</summary>
    public static SamplingProgram Program(int steps, double shift = 3) => SamplerCatalogue.Plan(
        new SchedulerConfig { ClassName = "FlowMatchEulerDiscreteScheduler", Trained = new FlowNoise { Shift = shift }, Prediction = Prediction.Flow }, new SamplingRequest { Steps = steps });

    public AccelerationPlan Plan(AccelerationPolicy policy, SamplingProgram program, Shape latents, bool guided = true) =>
        AccelerationPlan.Make(policy, Denoiser.Survey(latents.Height, latents.Width), AcceleratedUNet.Moments(program), guided);

    /// <summary>How many blocks each evaluation runs.</summary>
    public int[] BlocksRun(AccelerationPlan plan, Shape latents)
    {
        SiteSurvey survey = Denoiser.Survey(latents.Height, latents.Width);
        return [.. Enumerable.Range(0, plan.VariantOf.Count).Select(e =>
        {
            SiteDecision[] decisions = [.. survey.Sites.Select(site => plan[e][site])];
            bool[] reached = survey.Reached(decisions);
            return survey.Sites.Count(site => site.Kind == SiteKind.Block && reached[site.Index] && decisions[site.Index].Action != SiteAction.Recall);
        })];
    }

    /// <summary>The latents after every step, [B, h, w, c].</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="program">The steps.</param>
    /// <param name="latents">Their shape.</param>
    /// <param name="noise">The start, [B, h, w, c].</param>
    /// <param name="context">The text of each branch, [R, 1, T, C], unconditional first.</param>
    /// <param name="pooled">The pooled text of each branch.</param>
    /// <param name="rows">R.</param>
    /// <param name="guidance">The guidance scale.</param>
    public List<float[]> Play(AccelerationPlan plan, SamplingProgram program, Shape latents, float[] noise, float[] context, float[] pooled, int rows, double guidance)
    {
        Dictionary<string, HostTensor> conditioning = new()
        {
            [NetworkInputs.Context] = new(new Shape(rows, 1, context.Length / rows / _mmdit.Config.TextChannels, _mmdit.Config.TextChannels), context),
            [NetworkInputs.Pooled] = new(new Shape(rows, 1, 1, _mmdit.Config.PooledChannels), pooled),
        };
        EvaluationKey key = new(
            latents.Batch, latents.Height, latents.Width, 2, new([.. conditioning.Select(input => new InputShape(input.Key, input.Value.Shape))]), plan.VariantOf.Count, Rescale: false, new([.. plan.Variants]));
        List<float[]> steps = [];
        using Run run = Denoiser.Begin(key, program, plan, conditioning, guidance, 0, CancellationToken.None);
        using DenoisingLoop loop = new(_device, program, plan, run, latents);
        loop.Start(noise);
        loop.Play(new StepHooks(Reads: _ => true, Completed: end => steps.Add(loop.Read(end.Register))), CancellationToken.None);
        return steps;
    }

    public void Dispose()
    {
        _lane.Dispose();
        _residency.Dispose();
        _device.Dispose();
        _weights.Dispose();
    }
}
