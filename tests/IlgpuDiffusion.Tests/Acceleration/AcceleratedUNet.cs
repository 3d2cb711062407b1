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

    public static EvaluationKey Key(AccelerationPlan plan, Shape latents, Shape context, bool guided, bool rescale) => Key(plan, latents, [new InputShape(NetworkInputs.Context, context)], guided, rescale);

    /// <summary>The latents after every step, [B, h, w, c].</summary>
    /// <param name="plan">What each evaluation computes.</param>
    /// <param name="program">The steps.</param>
    /// <param name="latents">Their shape.</param>
    /// <param name="noise">The start, [B, h, w, c], of variance 1.</param>
    /// <param name="context">The text of each row, unconditional ones first.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="guidance">The guidance scale.</param>
    /// <param name="rescale">How far guidance is rescaled.</param>
    /// <param name="vectors">What else a network takes, a vector for each row, by its name.</param>
    public List<float[]> Play(AccelerationPlan plan, SamplingProgram program, Shape latents, float[] noise, float[] context, int rows, double guidance, double rescale = 0, IReadOnlyDictionary<string, float[]>? vectors = null)
    {
        Dictionary<string, HostTensor> conditioning = new() { [NetworkInputs.Context] = new HostTensor(new Shape(rows, 1, context.Length / rows / TextChannels, TextChannels), context) };
        foreach ((string name, float[] values) in vectors ?? new Dictionary<string, float[]>())
        {
            conditioning[name] = new HostTensor(new Shape(rows, 1, 1, values.Length / rows), values);
        }

        EvaluationKey key = Key(plan, latents, [.. conditioning.Select(input => new InputShape(input.Key, input.Value.Shape))], guidance != 1, rescale > 0);
        return Play(plan, program, latents, [.. noise.Select(x => (float)(x * program.Schedule.InitialScale))], key, conditioning, guidance, rescale);
    }

    private static EvaluationKey Key(AccelerationPlan plan, Shape latents, InputShape[] conditioning, bool guided, bool rescale) =>
        new(latents.Batch, latents.Height, latents.Width, guided ? 2 : 1, new(conditioning), plan.VariantOf.Count, rescale, new([.. plan.Variants]));
}
