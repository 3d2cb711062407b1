using IlgpuDiffusion.Families;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Pipelines;

/// <summary>The opened parts of a Stable Diffusion 1.x or 2.x folder: configurations and headers, no weight read.</summary>
internal sealed class ModelParts : IDisposable
{
    private ModelParts(ModelFolder folder, WeightOptions options)
    {
        Folder = folder;
        UNet = UNet2DConditionModel.Read(folder.Config("unet"));
        Vae = AutoencoderKl.Read(folder.Config("vae"));
        Clip = new ClipTextModel(ClipConfig.Read(folder.Config("text_encoder")));
        Family = Family.Of(folder, UNet.Config);
        InpaintingNetwork = Family.TaskOf(UNet.Config, Vae.Config, folder.Path) == DenoiserTask.Inpainting;
        Scheduler = ReadPart(folder.FileOf("scheduler", "scheduler_config.json"), SchedulerConfig.Load);
        Tokenizer = ReadPart(folder.Component("tokenizer").Folder, ClipTokenizer.Load);
        CheckSizes();
        try
        {
            UNetWeights = folder.Weights("unet", options);
            VaeWeights = folder.Weights("vae", options with { Rename = AutoencoderKl.CanonicalName });
            TextWeights = folder.Weights("text_encoder", options);
            UNet.Check(UNetWeights);
            Vae.Check(VaeWeights);
            Clip.Check(TextWeights);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ModelFolder Folder { get; }

    public Family Family { get; }

    public UNet2DConditionModel UNet { get; }

    public AutoencoderKl Vae { get; }

    public ClipTextModel Clip { get; }

    public SchedulerConfig Scheduler { get; }

    public ClipTokenizer Tokenizer { get; }

    public WeightStore UNetWeights { get; } = null!;

    public WeightStore VaeWeights { get; } = null!;

    public WeightStore TextWeights { get; } = null!;

    /// <summary>The model's name: its folder's.</summary>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder.Path)));

    /// <summary>Whether the network was made for inpainting: it sees a mask and the visible part of the picture.</summary>
    public bool InpaintingNetwork { get; }

    /// <summary>Opens a diffusers folder and checks that every tensor that its configurations need is there, and no other.</summary>
    public static ModelParts Open(string path, PipelineOptions options)
    {
        ModelFolder folder = ModelFolder.Open(path);
        folder.RequirePipeline([.. Family.All.SelectMany(family => family.PipelineClasses).Distinct()]);
        return new ModelParts(folder, new WeightOptions { Variant = options.Variant });
    }

    public void Dispose()
    {
        UNetWeights?.Dispose();
        VaeWeights?.Dispose();
        TextWeights?.Dispose();
    }

    // Schedulers and tokenizers know no model folder: their errors name the file and become this folder's.
    private static T ReadPart<T>(string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception e) when (e is InvalidDataException or FileNotFoundException)
        {
            throw new ModelFileException(path, e.Message, e);
        }
    }

    private void CheckSizes()
    {
        if (UNet.TextChannels != Clip.Config.Channels)
        {
            throw new ModelFileException(Folder.Path, $"The UNet takes text of {UNet.TextChannels} channels and the text encoder gives {Clip.Config.Channels}: these parts do not belong together.");
        }

        if (Tokenizer.VocabularySize > Clip.Config.VocabularySize)
        {
            throw new ModelFileException(Folder.Path, $"The tokenizer has {Tokenizer.VocabularySize} tokens and the text encoder {Clip.Config.VocabularySize}: these parts do not belong together.");
        }
    }
}
