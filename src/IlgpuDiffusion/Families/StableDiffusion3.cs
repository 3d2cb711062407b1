using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Families;

/// <summary>Stable Diffusion 3 medium (Esser et al. 2024, arXiv:2403.03206) and what was trained from it.</summary>
internal static class StableDiffusion3
{
    // What a model without a scheduler's configuration was trained with.
    private static readonly SchedulerConfig Trained = new() { Trained = new FlowNoise { Shift = 3 }, Prediction = Prediction.Flow };

    public static Family Facts { get; } = new()
    {
        Name = "Stable Diffusion 3",
        Steps = 28,
        CfgScale = 7,
        Sampler = "Euler",
        ClipSkip = 2,
        VaeTypes = [ElementType.F32, ElementType.BF16],
        PipelineClasses = ["StableDiffusion3Pipeline", "StableDiffusion3Img2ImgPipeline", "StableDiffusion3InpaintPipeline"],
        Open = (family, folder, options) => new TransformerFolder(family, folder, options).Open(MmditModel.Read, Trained, Conditioner),
    };

    private static Func<ComponentRunner, IConditioner> Conditioner(TransformerFolder folder, IDenoiserNetwork network)
    {
        MmditConfig config = ((MmditModel)network).Config;
        TextPart? first = folder.Clip(new TextFolder("text encoder", "text_encoder", "tokenizer", Projects: true));
        TextPart? second = folder.Clip(new TextFolder("second text encoder", "text_encoder_2", "tokenizer_2", Projects: true));
        T5Part? third = folder.T5(new TextFolder("T5 text encoder", "text_encoder_3", "tokenizer_3"), config.TextChannels);
        TextPart[] clips = [.. new[] { first, second }.OfType<TextPart>()];
        int pooled = clips.Sum(clip => clip.Model.PooledChannels), states = clips.Sum(clip => clip.Model.Config.Channels);
        if (clips.Length == 2 ? pooled != config.PooledChannels : pooled >= config.PooledChannels)
        {
            throw folder.Apart($"the network takes pooled text of {config.PooledChannels} channels ('pooled_projection_dim') and the CLIP encoders give {pooled} ('projection_dim' of their configurations)");
        }

        return states > config.TextChannels ? throw folder.Apart($"the network takes text of {config.TextChannels} channels ('joint_attention_dim') and the CLIP encoders give {states} side by side ('hidden_size')")
            : clips.Length == 0 && third is null ? throw folder.Lacking("the model has no text encoder at all. It needs one of 'text_encoder', 'text_encoder_2' and 'text_encoder_3' at least.")
            : runner => new Sd3Conditioner(first, second, third, config.TextChannels, config.PooledChannels, runner);
    }
}
