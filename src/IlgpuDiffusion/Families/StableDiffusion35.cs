namespace IlgpuDiffusion.Families;

/// <summary>Stable Diffusion 3.5 medium and large: queries and keys are divided by their root mean square, and in the medium model some blocks attend twice.</summary>
internal static class StableDiffusion35
{
    public static Family Facts { get; } = StableDiffusion3.Facts with
    {
        Name = "Stable Diffusion 3.5",
        CfgScale = 4.5,
        Checkpoint = StableDiffusion3.Facts.Checkpoint! with { Identities = [ModelIdentifier.Sd35Medium, ModelIdentifier.Sd35Large] },
        Is = folder => folder.Config("transformer").Text("qk_norm", "").Length > 0,
    };
}
