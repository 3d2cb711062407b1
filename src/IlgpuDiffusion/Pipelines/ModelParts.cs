using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
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
        Scheduler = OldConfigurations.Corrected(folder.Has("scheduler") ? ReadPart(folder.FileOf("scheduler", "scheduler_config.json"), SchedulerConfig.Load) : SchedulerConfig.StableDiffusion);
        Tokenizer = ReadPart(folder.Component("tokenizer").Folder, ClipTokenizer.Load);
        CheckSizes();
        try
        {
            UNetWeights = folder.Weights("unet", options);
            VaeWeights = folder.Weights("vae", options with { Rename = AutoencoderKl.CanonicalName });
            TextWeights = folder.Weights("text_encoder", options);
            Fits("unet", () => UNet.Check(UNetWeights));
            Fits("vae", () => Vae.Check(VaeWeights));
            Fits("text_encoder", () => Clip.Check(TextWeights));
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
        ModelFile.Refuse(path);
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

    // What no single field says: building the network from the numbers as they are.
    private void Fits(string component, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is ShapeException or ArgumentException or OverflowException or InvalidOperationException)
        {
            string file = Folder.FileOf(component, "config.json");
            throw new ModelFileException(file, $"'{file}': its numbers do not fit each other or the weights: {e.Message}", e);
        }
    }

    private void CheckSizes()
    {
        if (UNet.TextChannels != Clip.Config.Channels)
        {
            string file = Folder.FileOf("unet", "config.json");
            throw new ModelFileException(file, $"'{file}': the UNet takes text of {UNet.TextChannels} channels ('cross_attention_dim') and the text encoder gives {Clip.Config.Channels} ('hidden_size' of '{Folder.FileOf("text_encoder", "config.json")}'): these parts do not belong together.");
        }

        if (Tokenizer.VocabularySize > Clip.Config.VocabularySize)
        {
            string file = Folder.FileOf("text_encoder", "config.json");
            throw new ModelFileException(file, $"'{file}': the text encoder has {Clip.Config.VocabularySize} tokens ('vocab_size') and the tokenizer '{Folder.Component("tokenizer").Folder}' {Tokenizer.VocabularySize}: these parts do not belong together.");
        }
    }
}
