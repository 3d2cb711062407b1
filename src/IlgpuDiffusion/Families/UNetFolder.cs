using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>Opens models of families that denoise by a UNet and read text by CLIP.</summary>
internal static class UNetFolder
{
    /// <summary>Opens a model.</summary>
    /// <param name="family">The family.</param>
    /// <param name="files">Its files.</param>
    /// <param name="options">How its weights are opened.</param>
    /// <param name="texts">Its text encoders in the conditioner's order, as folders name them and their tokenizers.</param>
    /// <param name="conditioner">Makes the network's inputs.</param>
    /// <param name="timeIds">How many numbers of the picture the network is told, where it is told any.</param>
    public static ModelParts Open(Family family, IModelFiles files, WeightOptions options, TextFolder[] texts, Func<IReadOnlyList<TextPart>, ComponentRunner, IConditioner> conditioner, int timeIds = UNetAddition.Sizes)
    {
        UNet2DConditionModel unet = UNet2DConditionModel.Read(files.Config("unet"), timeIds);
        AutoencoderKl vae = AutoencoderKl.Read(files.Config("vae"));
        ClipTextModel[] clips = [.. texts.Select(text => new ClipTextModel(ClipConfig.Read(files.Config(text.Encoder)), text.Projects))];
        RequireTask(unet, vae, files.Path);
        SchedulerConfig scheduler = family.Corrected(files.Scheduler() is { } text ? ReadPart(files.ConfigFile("scheduler"), file => SchedulerConfig.Parse(text, file)) : SchedulerConfig.StableDiffusion);
        scheduler = options.PredictsVelocity is { } velocity ? scheduler with { Prediction = velocity ? Prediction.Velocity : Prediction.Epsilon } : scheduler;
        TokenizerLoad<ClipTokenizer>[] tokenizers = [.. texts.Select((text, i) => Tokenizer(files, text, clips[i].Config))];
        CheckSizes(files, unet, texts, clips, tokenizers);

        List<WeightStore> opened = [];
        WeightStore Weights(string component, Func<string, string>? rename = null)
        {
            opened.Add(files.Weights(component, rename is null ? options : options with { Rename = rename }));
            return opened[^1];
        }

        try
        {
            (WeightStore network, WeightStore codec) = (Weights("unet"), Weights("vae", AutoencoderKl.CanonicalName));
            TextPart[] parts = [.. texts.Select((text, i) => new TextPart(text.Name, clips[i], tokenizers[i], Weights(text.Encoder)))];
            Fits(files.ConfigFile("unet"), () => unet.Check(network));
            Fits(files.ConfigFile("vae"), () => vae.Check(codec));
            for (int i = 0; i < texts.Length; i++)
            {
                Fits(files.ConfigFile(texts[i].Encoder), () => clips[i].Check(parts[i].Weights));
            }

            return new ModelParts
            {
                Family = family,
                Name = NameOf(files.Path),
                Index = files.Index,
                Network = unet,
                NetworkWeights = network,
                Vae = vae,
                VaeWeights = codec,
                TextWeights = [.. parts.Select(part => part.Weights)],
                Scheduler = scheduler,
                Conditioner = runner => conditioner(parts, runner),
            };
        }
        catch
        {
            opened.ForEach(store => store.Dispose());
            throw;
        }
    }

    /// <summary>Throws unless a denoiser's input channels fit a known task: latents alone, or with a mask and the visible picture's latents.</summary>
    /// <exception cref="ModelFileException">They fit none.</exception>
    public static void RequireTask(IDenoiserNetwork network, AutoencoderKl vae, string file)
    {
        int latents = vae.Config.LatentChannels;
        if (network.InChannels != latents && network.InChannels != 2 * latents + 1)
        {
            throw new ModelFileException(file, $"'{file}': a denoiser with {network.InChannels} input channels ('in_channels') is not supported with {latents} latent channels. Supported: {latents} (text to picture), {2 * latents + 1} (inpainting).");
        }
    }

    /// <summary>A CLIP encoder's tokenizer; CLIP's own for models that come without.</summary>
    internal static TokenizerLoad<ClipTokenizer> Tokenizer(IModelFiles files, TextFolder text, ClipConfig encoder)
    {
        if (files.Tokenizer(text.Tokenizer) is { } own)
        {
            ClipTokenizer tokenizer = ReadPart(own, ClipTokenizer.Load);
            return TokenizerLoad<ClipTokenizer>.Of(tokenizer, tokenizer.VocabularySize);
        }

        return TokenizerLoad<ClipTokenizer>.Beside(() => ClipTokenizer.OpenAi(padsWithEnd: encoder.Activation == Activation.QuickGelu), ClipVocabulary.OpenAiSize);
    }

    /// <summary>A model's name: its folder's, or its file's without extension.</summary>
    internal static string NameOf(string path)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return File.Exists(path) ? Path.GetFileNameWithoutExtension(name) : name;
    }

    /// <summary>Reads a part that knows no model folder, as schedulers and tokenizers: its errors name the file and become this folder's.</summary>
    internal static T ReadPart<T>(string path, Func<string, T> read)
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

    /// <summary>Checks what no single field says: building the network from the numbers as they are.</summary>
    internal static void Fits(string file, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is ShapeException or ArgumentException or OverflowException or InvalidOperationException)
        {
            throw new ModelFileException(file, $"'{file}': its numbers do not fit each other or the weights: {e.Message}", e);
        }
    }

    private static void CheckSizes(IModelFiles files, UNet2DConditionModel unet, TextFolder[] texts, ClipTextModel[] clips, TokenizerLoad<ClipTokenizer>[] tokenizers)
    {
        string file = files.ConfigFile("unet");
        string encoders = string.Join(" and ", texts.Select(text => $"'{files.ConfigFile(text.Encoder)}'"));
        int channels = clips.Sum(clip => clip.Config.Channels);
        if (unet.TextChannels != channels)
        {
            throw new ModelFileException(file, $"'{file}': the UNet takes text of {unet.TextChannels} channels ('cross_attention_dim') and the text encoder gives {channels} ('hidden_size' of {encoders}): these parts do not belong together.");
        }

        if (unet.Config.Addition is { } added && added.PooledChannels != clips[^1].PooledChannels)
        {
            throw new ModelFileException(file, $"'{file}': the UNet takes pooled text of {added.PooledChannels} channels ('projection_class_embeddings_input_dim' less its sizes) and the text encoder gives {clips[^1].PooledChannels} ('projection_dim' of '{files.ConfigFile(texts[^1].Encoder)}'): these parts do not belong together.");
        }

        for (int i = 0; i < texts.Length; i++)
        {
            if (tokenizers[i].VocabularySize > clips[i].Config.VocabularySize)
            {
                string encoder = files.ConfigFile(texts[i].Encoder);
                throw new ModelFileException(encoder, $"'{encoder}': the text encoder has {clips[i].Config.VocabularySize} tokens ('vocab_size') and the tokenizer '{files.Tokenizer(texts[i].Tokenizer) ?? "CLIP's own"}' {tokenizers[i].VocabularySize}: these parts do not belong together.");
            }
        }
    }
}

/// <summary>A text encoder of a model files.</summary>
/// <param name="Name">What people read.</param>
/// <param name="Encoder">Its files.</param>
/// <param name="Tokenizer">Its tokenizer's files.</param>
/// <param name="Projects">Whether its pooled text is projected.</param>
internal sealed record TextFolder(string Name, string Encoder, string Tokenizer, bool Projects = false);
