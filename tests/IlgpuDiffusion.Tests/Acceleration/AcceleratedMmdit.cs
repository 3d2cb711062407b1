using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>A recorded MMDiT alone in the denoising loop, with a policy.</summary>
internal sealed class AcceleratedMmdit(string folder, Device? device = null) : AcceleratedNetwork<MmditModel>(folder, device, MmditModel.Read, mmdit => mmdit.Config.OutChannels)
{
    /// <summary>The steps of the recordings.</summary>
    public static SamplingProgram Program(int steps, double shift = 3) => SamplerCatalogue.Plan(
        new SchedulerConfig { ClassName = "FlowMatchEulerDiscreteScheduler", Trained = new FlowNoise { Shift = shift }, Prediction = Prediction.Flow }, new SamplingRequest { Steps = steps });

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
            [NetworkInputs.Context] = new(new Shape(rows, 1, context.Length / rows / Network.Config.TextChannels, Network.Config.TextChannels), context),
            [NetworkInputs.Pooled] = new(new Shape(rows, 1, 1, Network.Config.PooledChannels), pooled),
        };
        EvaluationKey key = new(
            latents.Batch, latents.Height, latents.Width, 2, new([.. conditioning.Select(input => new InputShape(input.Key, input.Value.Shape))]), plan.VariantOf.Count, Rescale: false, new([.. plan.Variants]));
        return Play(plan, program, latents, noise, key, conditioning, guidance);
    }
}
