using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>A recorded UNet alone in the denoising loop, with a policy.</summary>
internal sealed class AcceleratedUNet(string folder, Device? device = null, ElementType type = ElementType.F32)
    : AcceleratedNetwork<UNet2DConditionModel>(folder, device, UNet2DConditionModel.Read, unet => unet.Config.OutChannels, type)
{
    /// <summary>The scheduler of the recordings.</summary>
    public static SchedulerConfig Ddim { get; } = new() { ClassName = "DDIMScheduler", Trained = BetaNoise.StableDiffusion, StepsOffset = 1, AlphaToOne = false };

    public int TextChannels => Network.TextChannels;

    public SiteSurvey Survey(int height, int width) => Denoiser.Survey(height, width);

    public static EvaluationKey Key(AccelerationPlan plan, Shape latents, Shape context, bool guided, bool rescale) =>
        new(latents.Batch, latents.Height, latents.Width, guided ? 2 : 1, new(new InputShape(NetworkInputs.Context, context)), plan.VariantOf.Count, rescale, new([.. plan.Variants]));

    /// <summary>The latents after every step, [B, h, w, c].</summary>
    public List<float[]> Play(AccelerationPlan plan, SamplingProgram program, Shape latents, float[] noise, float[] context, int contextRows, double guidance, double rescale = 0)
    {
        Shape shape = new(contextRows, 1, context.Length / contextRows / TextChannels, TextChannels);
        EvaluationKey key = Key(plan, latents, shape, guidance != 1, rescale > 0);
        Dictionary<string, HostTensor> conditioning = new() { [NetworkInputs.Context] = new HostTensor(shape, context) };
        return Play(plan, program, latents, [.. noise.Select(x => (float)(x * program.Schedule.InitialScale))], key, conditioning, guidance, rescale);
    }
}
