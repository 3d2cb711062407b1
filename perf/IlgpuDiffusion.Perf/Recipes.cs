using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Perf;

/// <summary>The networks of Stable Diffusion.</summary>
internal static class Recipes
{
    private const int LatentChannels = 4;

    /// <summary>The denoiser on latents [batch, size, size, 4] with a text of 77 tokens a row.</summary>
    public static NetworkRecipe Unet(int size, int batch)
    {
        int textChannels = 0;
        return new NetworkRecipe(
            "unet",
            (m, config) =>
            {
                UNet2DConditionModel model = UNet2DConditionModel.Read(config);
                textChannels = model.TextChannels;
                return model.Build(
                    m,
                    m.Graph.Input("latents", new Shape(batch, size, size, LatentChannels), Stage.Evaluation),
                    m.Graph.Input("time", Shape.Scalar, Stage.Schedule),
                    m.Graph.Input("text", new Shape(batch, 1, ClipTokenizer.ContextLength, textChannels), Stage.Request));
            },
            (run, random) =>
            {
                run.Set<float>("text", Normal(random, batch * ClipTokenizer.ContextLength * textChannels));
                run.Set<float>("time", [500]);
                run.Set<float>("latents", Normal(random, batch * size * size * LatentChannels));
            });
    }

    /// <summary>Stable Diffusion 3's denoiser on latents [batch, size, size, 16] with a text of 77 + 256 tokens a row.</summary>
    public static NetworkRecipe Mmdit(int size, int batch)
    {
        const int tokens = 333;
        MmditModel? model = null;
        return new NetworkRecipe(
            "transformer",
            (m, config) =>
            {
                model = MmditModel.Read(config);
                return model.Build(
                    m,
                    m.Graph.Input("latents", new Shape(batch, size, size, model.InChannels), Stage.Evaluation),
                    m.Graph.Input("time", Shape.Scalar, Stage.Schedule),
                    new Dictionary<string, Value>
                    {
                        [NetworkInputs.Context] = m.Graph.Input("text", new Shape(batch, 1, tokens, model.Config.TextChannels), Stage.Request),
                        [NetworkInputs.Pooled] = m.Graph.Input("pooled", new Shape(batch, 1, 1, model.Config.PooledChannels), Stage.Request),
                    });
            },
            (run, random) =>
            {
                run.Set<float>("text", Normal(random, batch * tokens * model!.Config.TextChannels));
                run.Set<float>("pooled", Normal(random, batch * model.Config.PooledChannels));
                run.Set<float>("time", [500]);
                run.Set<float>("latents", Normal(random, batch * size * size * model.InChannels));
            });
    }

    /// <summary>The decoder on latents [batch, size, size, 4].</summary>
    /// <param name="size">Height and width of the latents.</param>
    /// <param name="batch">Rows.</param>
    /// <param name="stage">When the latents are given: once, as in a pipeline, or in every evaluation.</param>
    public static NetworkRecipe Vae(int size, int batch, Stage stage = Stage.Request) => new(
        "vae",
        (m, config) => AutoencoderKl.Read(config).Decode(m, m.Graph.Input("latents", new Shape(batch, size, size, LatentChannels), stage)),
        (run, random) => run.Set<float>("latents", Normal(random, batch * size * size * LatentChannels)));

    /// <summary>The text encoder on ids [batch, 1, 77, 1].</summary>
    public static NetworkRecipe Text(int batch)
    {
        int vocabulary = 0;
        return new NetworkRecipe(
            "text_encoder",
            (m, config) =>
            {
                ClipTextModel model = new(ClipConfig.Read(config));
                vocabulary = model.Config.VocabularySize;
                return model.Build(m, m.Graph.Input("ids", new TensorType(new Shape(batch, 1, ClipTokenizer.ContextLength, 1), ElementType.I32), Stage.Request)).Last;
            },
            (run, random) => run.Set<int>("ids", [.. Enumerable.Range(0, batch * ClipTokenizer.ContextLength).Select(_ => random.Next(vocabulary))]));
    }

    // Box and Muller 1958.
    private static float[] Normal(Random random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
}
