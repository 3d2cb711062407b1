using IlgpuDiffusion.Families;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion;

/// <summary>What a request that says nothing gets.</summary>
/// <param name="Size">Width and height in pixels: what the model was trained at.</param>
/// <param name="Steps">Steps of the schedule.</param>
/// <param name="CfgScale">Guidance.</param>
public sealed record FamilyDefaults(int Size, int Steps, double CfgScale)
{
    // What a model says of itself, in an object of model_index.json, whose names that begin with an underscore diffusers leaves alone.
    private const string Own = "_ilgpu_diffusion";

    // What the authors of models that were distilled to a few steps take; latent consistency models embed the scale that they were distilled with (Luo et al. 2023).
    private const int FewSteps = 4;
    private const double EmbeddedGuidance = 8.5;

    // Beyond it a model or sampler that needs no guidance burns its colours.
    private const double MostGuidance = 2;

    /// <summary>The least width and height in pixels that the model was made for; 0 where it does not say.</summary>
    public int LeastSize { get; init; }

    /// <summary>The largest width and height in pixels that the model was made for; 0 where it does not say.</summary>
    public int MostSize { get; init; }

    /// <summary>Whether the model was distilled to paint without guidance.</summary>
    internal bool IsDistilled { get; init; }

    /// <summary>A sentence about guidance that a model or sampler was not made for, or null.</summary>
    internal string? GuidanceWarning(string model, string sampler, double guidance, bool embedded) =>
        guidance == 0 && !embedded && CfgScale != 0 && CfgScale != 1 ? "A guidance of 0 is none, as 1 is: the prompt is followed, by itself."
        : guidance <= MostGuidance || embedded ? null
        : IsDistilled ? FormattableString.Invariant($"'{model}' was distilled to paint in few steps without guidance; a guidance (cfg scale) of {guidance} will burn its colours. Take 1.")
        : sampler is "LCM" or "TCD" ? FormattableString.Invariant($"The sampler {sampler} is for models that were distilled ({(sampler == "TCD" ? "TCD, Hyper-SD" : "LCM, LCM-LoRA")}), in 4 to 8 steps with a guidance (cfg scale) of 1 to {MostGuidance}; {guidance} will burn their colours.")
        : null;

    /// <summary>A sentence about a negative prompt that nothing reads, or null.</summary>
    internal static string? NegativeWarning(string model, string negative, int branches, bool embedded) =>
        branches > 1 || negative.Length == 0 ? null
        : embedded ? $"The negative prompt is not read: '{model}' takes the guidance scale as an input and runs the prompt alone. A true cfg scale above 1 reads it, at twice the work."
        : "The negative prompt is not read: without guidance the prompt runs alone. A cfg scale above 1 reads it.";

    /// <exception cref="ModelFileException">What the model says of itself cannot be followed.</exception>
    internal static FamilyDefaults Of(ModelParts parts)
    {
        ComponentConfig own = parts.Index.Child(Own);
        bool embeds = parts.Network.Inputs.Any(input => input.Name == NetworkInputs.Guidance);
        bool few = parts.Scheduler.IsFewStep;
        double guidance = own.Number("cfg_scale", few ? embeds ? EmbeddedGuidance : 1 : parts.Family.CfgScale);
        return new FamilyDefaults(parts.Network.SampleSize * parts.Vae.Config.Factor, own.Int("steps", few ? FewSteps : parts.Family.Steps), guidance)
        {
            IsDistilled = !embeds && (few || guidance == 1),
            LeastSize = own.Int("least_size", 0),
            MostSize = own.Int("most_size", 0),
        }.Checked(own);
    }

    private FamilyDefaults Checked(ComponentConfig own) =>
        Steps is < 1 or > 1000 ? throw own.Unsupported("steps", "1 to 1000")
        : !(CfgScale >= 0 && double.IsFinite(CfgScale)) ? throw own.Unsupported("cfg_scale", "numbers of at least 0")
        : this;

    /// <summary>A sentence about a size that the model was not made for, or null.</summary>
    internal string? SizeWarning(string model, int width, int height) =>
        MostSize > 0 && (Math.Min(width, height) < LeastSize || Math.Max(width, height) > MostSize)
            ? $"'{model}' was made for {LeastSize} to {MostSize} pixels a side; {width}x{height} will look worse."
            : null;

    // A request that any model accepts, for preparing weights; how many evaluations it has does not matter to them.
    internal GenerationRequest Request(ModelParts parts) => parts.InpaintingNetwork
        ? new GenerationRequest { InitImage = new Image(Size, Size), Mask = new Image(Size, Size), Strength = 1 }
        : new GenerationRequest();
}
