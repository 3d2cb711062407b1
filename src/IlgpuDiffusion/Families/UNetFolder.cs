using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>Opens diffusers folders of families that denoise by a UNet and read text by CLIP.</summary>
internal static class UNetFolder
{
    /// <summary>Opens a folder.</summary>
    /// <param name="family">The family.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="options">How its weights are opened.</param>
    /// <param name="texts">Its text encoders in the conditioner's order, as the folder names them and their tokenizers.</param>
    /// <param name="conditioner">Makes the network's inputs.</param>
    public static ModelParts Open(Family family, ModelFolder folder, WeightOptions options, TextFolder[] texts, Func<IReadOnlyList<TextPart>, ComponentRunner, IConditioner> conditioner)
    {
        UNet2DConditionModel unet = UNet2DConditionModel.Read(folder.Config("unet"));
        AutoencoderKl vae = AutoencoderKl.Read(folder.Config("vae"));
        ClipTextModel[] clips = [.. texts.Select(text => new ClipTextModel(ClipConfig.Read(folder.Config(text.Encoder)), text.Projects))];
        RequireTask(unet, vae, folder.Path);
        SchedulerConfig scheduler = family.Corrected(folder.Has("scheduler") ? ReadPart(folder.FileOf("scheduler", "scheduler_config.json"), SchedulerConfig.Load) : SchedulerConfig.StableDiffusion);
        ClipTokenizer[] tokenizers = [.. texts.Select(text => ReadPart(folder.Component(text.Tokenizer).Folder, ClipTokenizer.Load))];
        CheckSizes(folder, unet, texts, clips, tokenizers);

        List<WeightStore> opened = [];
        WeightStore Weights(string component, Func<string, string>? rename = null)
        {
            opened.Add(folder.Weights(component, rename is null ? options : options with { Rename = rename }));
            return opened[^1];
        }

        try
        {
            (WeightStore network, WeightStore codec) = (Weights("unet"), Weights("vae", AutoencoderKl.CanonicalName));
            TextPart[] parts = [.. texts.Select((text, i) => new TextPart(text.Name, clips[i], tokenizers[i], Weights(text.Encoder)))];
            Fits(folder, "unet", () => unet.Check(network));
            Fits(folder, "vae", () => vae.Check(codec));
            for (int i = 0; i < texts.Length; i++)
            {
                Fits(folder, texts[i].Encoder, () => clips[i].Check(parts[i].Weights));
            }

            return new ModelParts
            {
                Family = family,
                Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder.Path))),
                Index = folder.Index,
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
    internal static void Fits(ModelFolder folder, string component, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is ShapeException or ArgumentException or OverflowException or InvalidOperationException)
        {
            string file = folder.FileOf(component, "config.json");
            throw new ModelFileException(file, $"'{file}': its numbers do not fit each other or the weights: {e.Message}", e);
        }
    }

    private static void CheckSizes(ModelFolder folder, UNet2DConditionModel unet, TextFolder[] texts, ClipTextModel[] clips, ClipTokenizer[] tokenizers)
    {
        string file = folder.FileOf("unet", "config.json");
        string encoders = string.Join(" and ", texts.Select(text => $"'{folder.FileOf(text.Encoder, "config.json")}'"));
        int channels = clips.Sum(clip => clip.Config.Channels);
        if (unet.TextChannels != channels)
        {
            throw new ModelFileException(file, $"'{file}': the UNet takes text of {unet.TextChannels} channels ('cross_attention_dim') and the text encoder gives {channels} ('hidden_size' of {encoders}): these parts do not belong together.");
        }

        if (unet.Config.Addition is { } added && added.PooledChannels != clips[^1].PooledChannels)
        {
            throw new ModelFileException(file, $"'{file}': the UNet takes pooled text of {added.PooledChannels} channels ('projection_class_embeddings_input_dim' less its sizes) and the text encoder gives {clips[^1].PooledChannels} ('projection_dim' of '{folder.FileOf(texts[^1].Encoder, "config.json")}'): these parts do not belong together.");
        }

        for (int i = 0; i < texts.Length; i++)
        {
            if (tokenizers[i].VocabularySize > clips[i].Config.VocabularySize)
            {
                string encoder = folder.FileOf(texts[i].Encoder, "config.json");
                throw new ModelFileException(encoder, $"'{encoder}': the text encoder has {clips[i].Config.VocabularySize} tokens ('vocab_size') and the tokenizer '{folder.Component(texts[i].Tokenizer).Folder}' {tokenizers[i].VocabularySize}: these parts do not belong together.");
            }
        }
    }
}

/// <summary>A text encoder of a model folder.</summary>
/// <param name="Name">What people read.</param>
/// <param name="Encoder">Its folder.</param>
/// <param name="Tokenizer">Its tokenizer's folder.</param>
/// <param name="Projects">Whether its pooled text is projected.</param>
internal sealed record TextFolder(string Name, string Encoder, string Tokenizer, bool Projects = false);
