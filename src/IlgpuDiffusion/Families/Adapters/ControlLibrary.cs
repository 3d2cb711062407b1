using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>The ControlNets that a model was run with: opened once, held against its network. On any thread.</summary>
/// <param name="parts">The model.</param>
/// <param name="variant">Which variant of a folder's weight files is read where there is one, or null.</param>
internal sealed class ControlLibrary(ModelParts parts, string? variant = null) : IDisposable
{
    private const string ConfigName = "config.json";
    private const string ClassName = "ControlNetModel";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ControlPart> _parts = new(StringComparer.Ordinal);

    /// <summary>A ControlNet in diffusers' layout, a folder of config.json and weights, or in one .safetensors file of diffusers' or the original names.</summary>
    /// <exception cref="ModelFileException">It is not there, no ControlNet, or one for another family.</exception>
    public ControlPart Open(string path)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            throw new ModelFileException(path, $"The ControlNet '{path}' does not exist.");
        }

        lock (_lock)
        {
            string? folder = Directory.Exists(path) ? Folder(path) : null;
            string? own = folder is not null && variant is not null && ComponentFiles.HasVariant(folder, variant) ? variant : null;
            string identity = string.Join('|', (folder is null ? [path] : ComponentFiles.Resolve(folder, own).Files).Select(StoredWeights.State));
            return _parts.TryGetValue(identity, out ControlPart? known) ? known : _parts[identity] = Open(path, folder, own, identity);
        }
    }

    public void Dispose()
    {
        foreach (ControlPart part in _parts.Values)
        {
            part.Dispose();
        }

        _parts.Clear();
    }

    private ControlPart Open(string path, string? folder, string? own, string identity)
    {
        UNet2DConditionModel network = parts.Network as UNet2DConditionModel
            ?? throw new ModelFileException(path, $"'{path}': '{parts.Name}' ({parts.Family.Name}) takes no ControlNet; Stable Diffusion 1, 2 and XL do.");
        (ComponentConfig config, Func<WeightStore> open) = folder is null ? Single(path, network) : (ComponentConfig.Read(Path.Combine(folder, ConfigName)), () => WeightStore.Open(folder, new WeightOptions { Variant = own }));
        if (config.OptionalText("_class_name") is { } other && other != ClassName)
        {
            throw new ModelFileException(path, $"'{config.File}' is a {other}. Supported is {ClassName}.");
        }

        ControlNetModel model = ControlNetModel.Read(config);
        RequireLike(path, network, model);
        string digits = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..16];
        return LonePart.Open(config, open, model.Check, weights => new ControlPart(UNetFolder.NameOf(path), $"controlnet-{digits}", model, weights));
    }

    private static (ComponentConfig Config, Func<WeightStore> Open) Single(string path, UNet2DConditionModel network)
    {
        // Shapes do not say how many heads and groups there are: a ControlNet has those of the UNet that it is a copy of.
        UNetConfig unet = network.Config;
        int middle = unet.MidBlock?.Attention?.Heads ?? 1;
        JsonArray heads = UNetShape.List(unet.DownBlocks.Select((block, i) => block.Attention?.Heads ?? (i + 1 == unet.DownBlocks.Count ? middle : 1)));
        CheckpointPart part = new("controlnet", "ControlNet", PartKind.Control, "control_model.", "")
        {
            Amend = (config, _) => (config["attention_head_dim"], config["norm_num_groups"]) = (heads.DeepClone(), unet.NormGroups),
        };
        return LonePart.InFile(path, part, $"'{path}'");
    }

    // The folder itself, or that of a pipeline which holds it.
    private static string Folder(string path) =>
        new[] { path, Path.Combine(path, "controlnet") }.FirstOrDefault(folder => File.Exists(Path.Combine(folder, ConfigName)))
        ?? throw LonePart.NoFolder(path, "ControlNet");

    private void RequireLike(string path, UNet2DConditionModel network, ControlNetModel control)
    {
        (string own, string wanted) = (Form(control.Config, control.TextChannels), Form(network.Config with { InChannels = parts.Vae.Config.LatentChannels }, network.TextChannels));
        if (own != wanted)
        {
            throw new ModelFileException(path, $"'{path}' is a ControlNet for a UNet of {own}; that of '{parts.Name}' ({parts.Family.Name}) has {wanted}: it was made for another family.");
        }

        int pixels = parts.Vae.Config.Factor;
        if (control.Factor != pixels)
        {
            throw new ModelFileException(path, $"'{path}': the ControlNet's picture has {control.Factor} pixels a side for each latent ('conditioning_embedding_out_channels'), and the pictures of '{parts.Name}' {pixels}.");
        }
    }

    private static string Form(UNetConfig unet, int text) =>
        $"{unet.InChannels} latent channels, blocks of {string.Join(", ", unet.DownBlocks.Select(block => $"{block.Layers}x{block.Channels}{(block.Attention is { } attention ? $"/{attention.Layers}" : "")}"))}, text of {text} channels{(unet.Addition is { } added ? $" and {added.PooledChannels} pooled" : "")}";
}
