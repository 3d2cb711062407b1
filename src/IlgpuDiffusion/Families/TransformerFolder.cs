using IlgpuDiffusion.Components;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>Opens models of families that denoise by a transformer and read text by CLIP and T5, any of which may be left out.</summary>
/// <param name="family">The family.</param>
/// <param name="files">The model's files.</param>
/// <param name="options">How its weights are opened.</param>
internal sealed class TransformerFolder(Family family, IModelFiles files, WeightOptions options)
{
    private const string Network = "transformer";

    private readonly List<WeightStore> _opened = [];
    private readonly List<WeightStore> _texts = [];
    private readonly List<int> _numbers = [];

    /// <summary>Opens the model.</summary>
    /// <param name="network">The network that its configuration describes.</param>
    /// <param name="scheduler">How such models were trained, where the folder does not say.</param>
    /// <param name="conditioner">Opens the text encoders and gives what makes the network's inputs of them.</param>
    public ModelParts Open(Func<ComponentConfig, IDenoiserNetwork> network, SchedulerConfig scheduler, Func<TransformerFolder, IDenoiserNetwork, Func<ComponentRunner, IConditioner>> conditioner)
    {
        try
        {
            IDenoiserNetwork model = network(files.Config(Network));
            AutoencoderKl vae = AutoencoderKl.Read(files.Config("vae"));
            UNetFolder.RequireTask(model, vae, files.ConfigFile(Network));
            scheduler = family.Corrected(files.Scheduler() is { } text ? UNetFolder.ReadPart(files.ConfigFile("scheduler"), file => SchedulerConfig.Parse(text, file)) : scheduler);
            (WeightStore weights, WeightStore codec) = (Weights(Network), Weights("vae", AutoencoderKl.CanonicalName));
            UNetFolder.Fits(files.ConfigFile(Network), () => model.Check(weights));
            UNetFolder.Fits(files.ConfigFile("vae"), () => vae.Check(codec));
            return new ModelParts
            {
                Family = family,
                Name = UNetFolder.NameOf(files.Path),
                Index = files.Index,
                Network = model,
                NetworkWeights = weights,
                Vae = vae,
                VaeWeights = codec,
                Conditioner = conditioner(this, model),
                TextWeights = _texts,
                TextNumbers = _numbers,
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

        ClipTextModel model = new(ClipConfig.Read(files.Config(text.Encoder)), text.Projects);
        TokenizerLoad<ClipTokenizer> tokenizer = UNetFolder.Tokenizer(files, text, model.Config);
        CheckVocabulary(text, model.Config.VocabularySize, tokenizer.VocabularySize);
        TextPart part = new(text.Name, model, tokenizer, Text(text.Encoder));
        UNetFolder.Fits(files.ConfigFile(text.Encoder), () => model.Check(part.Weights));
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

        T5EncoderModel model = new(T5Config.Read(files.Config(text.Encoder)));
        if (model.Config.Channels != channels)
        {
            throw Apart($"the network takes text of {channels} channels ('joint_attention_dim') and T5 gives {model.Config.Channels} ('d_model' of '{files.ConfigFile(text.Encoder)}')");
        }

        TokenizerLoad<T5Tokenizer> tokenizer = Tokenizer(text);
        CheckVocabulary(text, model.Config.VocabularySize, tokenizer.VocabularySize);
        T5Part part = new(text.Name, model, tokenizer, Text(text.Encoder));
        UNetFolder.Fits(files.ConfigFile(text.Encoder), () => model.Check(part.Weights));
        return part;
    }

    /// <summary>The error for parts of different models.</summary>
    public ModelFileException Apart(string what)
    {
        string file = files.ConfigFile(Network);
        return new ModelFileException(file, $"'{file}': {what}: these parts do not belong together.");
    }

    /// <summary>The error for a model that lacks what it cannot do without.</summary>
    /// <param name="what">What it lacks.</param>
    /// <param name="components">The components of which one would do.</param>
    public ModelFileException Lacking(string what, params string[] components)
    {
        string[] options = [.. (family.Checkpoint?.Parts ?? []).Where(part => part.Option is not null && components.Contains(part.Component)).Select(part => $"--{part.Option} FILE")];
        return new MissingPartException(files.Index.File, $"'{files.Index.File}': {what} Give one with {string.Join(" or ", options)}, a .safetensors or .gguf file or a component's folder.");
    }

    private TokenizerLoad<T5Tokenizer> Tokenizer(TextFolder text)
    {
        if (files.Tokenizer(text.Tokenizer) is { } own)
        {
            T5Tokenizer tokenizer = UNetFolder.ReadPart(own, T5Tokenizer.Load);
            return TokenizerLoad<T5Tokenizer>.Of(tokenizer, tokenizer.VocabularySize);
        }

        return TokenizerLoad<T5Tokenizer>.Beside(T5Tokenizer.Google, UnigramVocabulary.GoogleSize);
    }

    private bool Has(TextFolder text)
    {
        if (!files.Has(text.Encoder))
        {
            return false;
        }

        string? path = (files as ModelFolder)?.Components[text.Encoder].Folder;
        return path is null || Directory.Exists(path)
            ? true
            : throw new ModelFileException(path, $"The folder '{path}' of the {text.Name} is missing; '{files.Index.File}' names it. Fetch it too, or write \"{text.Encoder}\": [null, null] there to do without it.");
    }

    private void CheckVocabulary(TextFolder text, int encoder, int tokenizer)
    {
        if (tokenizer > encoder)
        {
            string file = files.ConfigFile(text.Encoder);
            throw new ModelFileException(file, $"'{file}': the text encoder has {encoder} tokens ('vocab_size') and the tokenizer '{files.Tokenizer(text.Tokenizer) ?? "that comes with the program"}' {tokenizer}: these parts do not belong together.");
        }
    }

    private WeightStore Text(string component)
    {
        // text_encoder, text_encoder_2, text_encoder_3.
        _numbers.Add(component[^1] is >= '2' and <= '9' and var digit ? digit - '1' : 0);
        _texts.Add(Weights(component));
        return _texts[^1];
    }

    private WeightStore Weights(string component, Func<string, string>? rename = null)
    {
        _opened.Add(files.Weights(component, rename is null ? options : options with { Rename = rename }));
        return _opened[^1];
    }
}
