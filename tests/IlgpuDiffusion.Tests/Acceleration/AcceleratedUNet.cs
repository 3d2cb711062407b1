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

/// <summary>A recorded UNet alone in the denoising loop, with a policy.</summary>
internal sealed class AcceleratedUNet : IDisposable
{
    private readonly Device _device;
    private readonly WeightStore _weights;
    private readonly Residency _residency;
    private readonly Lane _lane;
    private readonly UNet2DConditionModel _unet;
    private readonly Denoiser _denoiser;

    public AcceleratedUNet(string folder, Device? device = null)
    {
        _device = device ?? TestDevices.Create(TestDevices.Cpu);
        _weights = WeightStore.Open(folder);
        _unet = UNet2DConditionModel.Read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
        (_residency, _lane) = (new Residency(_device), new Lane(_device));
        _denoiser = new Denoiser(_unet, _unet.Config.OutChannels, _weights, new ComponentRunner(_device, _lane, _residency, []));
    }

    /// <summary>The scheduler of the recordings.</summary>
    public static SchedulerConfig Ddim { get; } = new() { ClassName = "DDIMScheduler", Trained = BetaNoise.StableDiffusion, StepsOffset = 1, AlphaToOne = false };

    public Denoiser Denoiser => _denoiser;

    public int TextChannels => _unet.TextChannels;

    public SiteSurvey Survey(int height, int width) => _denoiser.Survey(height, width);

    /// <summary>The plan of a policy for a run.</summary>
    public AccelerationPlan Plan(AccelerationPolicy policy, SamplingProgram program, Shape latents, bool guided) => AccelerationPlan.Make(policy, Survey(latents.Height, latents.Width), Moments(program), guided);

    public static Moment[] Moments(SamplingProgram program) => [.. program.Evaluations.Select(e => new Moment(e.Index, e.Step, program.Schedule.Levels.Count - 1))];

    public static EvaluationKey Key(AccelerationPlan plan, Shape latents, Shape context, bool guided, bool rescale) =>
        new(latents.Batch, latents.Height, latents.Width, guided ? 2 : 1, new(new InputShape(NetworkInputs.Context, context)), plan.VariantOf.Count, rescale, new([.. plan.Variants]));

    /// <summary>The latents after every step, [B, h, w, c].</summary>
    public List<float[]> Play(AccelerationPlan plan, SamplingProgram program, Shape latents, float[] noise, float[] context, int contextRows, double guidance, double rescale = 0)
    {
        Shape shape = new(contextRows, 1, context.Length / contextRows / TextChannels, TextChannels);
        EvaluationKey key = Key(plan, latents, shape, guidance != 1, rescale > 0);
        Dictionary<string, HostTensor> conditioning = new() { [NetworkInputs.Context] = new HostTensor(shape, context) };
        List<float[]> steps = [];
        using Run run = _denoiser.Begin(key, program, plan, conditioning, guidance, rescale, CancellationToken.None);
        using DenoisingLoop loop = new(_device, program, plan, run, latents);
        loop.Start([.. noise.Select(x => (float)(x * program.Schedule.InitialScale))]);
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
