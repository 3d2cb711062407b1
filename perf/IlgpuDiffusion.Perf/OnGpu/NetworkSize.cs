using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Papercut;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>A network at the size at which it is measured; quick ones are those of the model that ships.</summary>
/// <param name="Model">Whose it is: sd15, sdxl, or a diffusers folder.</param>
/// <param name="Recipe">How it is built.</param>
/// <param name="Peer">What torch's peer is told to make ready.</param>
/// <param name="Words">What a person calls the size.</param>
internal sealed record NetworkSize(string Model, NetworkRecipe Recipe, string Peer, string Words)
{
    /// <summary>What the peer calls it.</summary>
    public string Kind => Peer.Split(' ')[0];

    /// <summary>The network of a step.</summary>
    public static NetworkSize Of(string step, bool quick)
    {
        (string model, int latents) = step switch { "unet-sdxl" => ("sdxl", 128), _ => ("sd15", 64) };
        if (quick)
        {
            (model, latents) = (PapercutModel.Folder, 8);
        }

        return step == "vae"
            ? new(model, Recipes.Vae(latents, 1, Stage.Evaluation), $"vae {model} {latents} {latents} 1", $"VAE decoder, {8 * latents}²")
            : new(model, Recipes.Unet(latents, 2), $"unet {model} {latents} {latents} 2", $"UNet of {Path.GetFileName(model)}, {8 * latents}², two rows");
    }

    /// <summary>Its weights, random ones of full size, and configuration.</summary>
    public (WeightStore Weights, ComponentConfig Config) Load(ElementType type)
    {
        if (!ModelKeys.Models.Contains(Model))
        {
            ModelFolder folder = ModelFolder.Open(Model);
            return (folder.Weights(Recipe.Component), folder.Config(Recipe.Component));
        }

        ModelKeys keys = ModelKeys.Read(Model, Recipe.Component);
        return (WeightStore.Synthetic(keys.Shapes, type), keys.Config);
    }
}
