using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Families;

/// <summary>
/// What diffusers' StableDiffusionPipeline and its kin correct in the files that they open (their constructors): files older than the fields that they should hold, which
/// were never repaired. The pictures of such a model are those of the corrected values. <c>clip_sample</c>, which they set to false, is read by nothing here; the size of
/// UNets written before 0.9.0 is corrected by <see cref="Models.UNetConfigReader"/>.
/// </summary>
internal static class OldConfigurations
{
    /// <summary>The scheduler's configuration as the pipeline runs it: <c>steps_offset</c> is 1, whatever the file says or does not say.</summary>
    public static SchedulerConfig Corrected(SchedulerConfig config) => config with { StepsOffset = 1 };

    /// <summary>What the pipeline for inpainting corrects beyond that: <c>skip_prk_steps</c> is true.</summary>
    public static SchedulerConfig ForInpainting(SchedulerConfig config) => config with { SkipPrkSteps = true };
}
