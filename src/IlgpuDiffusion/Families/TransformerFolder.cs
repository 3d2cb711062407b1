using IlgpuDiffusion.Components;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>Opens diffusers folders of families that denoise by a transformer and read text by CLIP and T5, any of which may be left out of the folder.</summary>
/// <param name="family">The family.</param>
/// <param name="folder">The folder.</param>
/// <param name="options">How its weights are opened.</param>
internal sealed class TransformerFolder(Family family, ModelFolder folder, WeightOptions options)
{
    private const string Network = "transformer";

    private readonly List<WeightStore> _opened = [];
    private readonly List<WeightStore> _texts = [];

    /// <summary>Opens the folder.</summary>
    /// <param name="network">The network that its configuration describes.</param>
    /// <param name="scheduler">How such models were trained, where the folder does not say.</param>
    /// <param name="conditioner">Opens the text encoders and gives what makes the network's inputs of them.</param>
    public ModelParts Open(Func<ComponentConfig, IDenoiserNetwork> network, SchedulerConfig scheduler, Func<TransformerFolder, IDenoiserNetwork, Func<ComponentRunner, IConditioner>> conditioner)
    {
        try
        {
            IDenoiserNetwork model = network(folder.Config(Network));
            AutoencoderKl vae = AutoencoderKl.Read(folder.Config("vae"));
            UNetFolder.RequireTask(model, vae, folder.FileOf(Network, "config.json"));
            scheduler = family.Corrected(folder.Has("scheduler") ? UNetFolder.ReadPart(folder.FileOf("scheduler", "scheduler_config.json"), SchedulerConfig.Load) : scheduler);
            (WeightStore weights, WeightStore codec) = (Weights(Network), Weights("vae", AutoencoderKl.CanonicalName));
            UNetFolder.Fits(folder, Network, () => model.Check(weights));
            UNetFolder.Fits(folder, "vae", () => vae.Check(codec));
            return new ModelParts
            {
                Family = family,
                Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.Path))),
                Index = folder.Index,
                Network = model,
                NetworkWeights = weights,
                Vae = vae,
                VaeWeights = codec,
                Conditioner = conditioner(this, model),
                TextWeights = _texts,
                Scheduler = scheduler,
            };
        }
        catch
        {
            _opened.ForEach(store => store.Dispose());
            throw;
        }
    }

    /// <summary>A CLIP encoder, or null where the folder has none.</summary>
    public TextPart? Clip(TextFolder text)
    {
        if (!Has(text))
        {
            return null;
        }

        ClipTextModel model = new(ClipConfig.Read(folder.Config(text.Encoder)), text.Projects);
        ClipTokenizer tokenizer = UNetFolder.ReadPart(folder.Component(text.Tokenizer).Folder, ClipTokenizer.Load);
        CheckVocabulary(text, model.Config.VocabularySize, tokenizer.VocabularySize);
        TextPart part = new(text.Name, model, tokenizer, Text(text.Encoder));
        UNetFolder.Fits(folder, text.Encoder, () => model.Check(part.Weights));
        return part;
    }

    /// <summary>A T5 encoder, or null where the folder has none.</summary>
    /// <param name="text">Where it is.</param>
    /// <param name="channels">The channels of text that the network takes.</param>
    public T5Part? T5(TextFolder text, int channels)
    {
        if (!Has(text))
        {
            return null;
        }

        T5EncoderModel model = new(T5Config.Read(folder.Config(text.Encoder)));
        if (model.Config.Channels != channels)
        {
            throw Apart($"the network takes text of {channels} channels ('joint_attention_dim') and T5 gives {model.Config.Channels} ('d_model' of '{folder.FileOf(text.Encoder, "config.json")}')");
        }

        T5Tokenizer tokenizer = UNetFolder.ReadPart(folder.Component(text.Tokenizer).Folder, T5Tokenizer.Load);
        CheckVocabulary(text, model.Config.VocabularySize, tokenizer.VocabularySize);
        T5Part part = new(text.Name, model, tokenizer, Text(text.Encoder));
        UNetFolder.Fits(folder, text.Encoder, () => model.Check(part.Weights));
        return part;
    }

    /// <summary>The error for parts of different models.</summary>
    public ModelFileException Apart(string what)
    {
        string file = folder.FileOf(Network, "config.json");
        return new ModelFileException(file, $"'{file}': {what}: these parts do not belong together.");
    }

    /// <summary>The error for a model that lacks what it cannot do without.</summary>
    public ModelFileException Lacking(string what) => new(folder.Index.File, $"'{folder.Index.File}': {what}");

    private bool Has(TextFolder text)
    {
        if (!folder.Has(text.Encoder))
        {
            return false;
        }

        string path = folder.Components[text.Encoder].Folder;
        return Directory.Exists(path)
            ? true
            : throw new ModelFileException(path, $"The folder '{path}' of the {text.Name} is missing; '{folder.Index.File}' names it. Fetch it too, or write \"{text.Encoder}\": [null, null] there to do without it.");
    }

    private void CheckVocabulary(TextFolder text, int encoder, int tokenizer)
    {
        if (tokenizer > encoder)
        {
            string file = folder.FileOf(text.Encoder, "config.json");
            throw new ModelFileException(file, $"'{file}': the text encoder has {encoder} tokens ('vocab_size') and the tokenizer '{folder.Component(text.Tokenizer).Folder}' {tokenizer}: these parts do not belong together.");
        }
    }

    private WeightStore Text(string component)
    {
        _texts.Add(Weights(component));
        return _texts[^1];
    }

    private WeightStore Weights(string component, Func<string, string>? rename = null)
    {
        _opened.Add(folder.Weights(component, rename is null ? options : options with { Rename = rename }));
        return _opened[^1];
    }
}
