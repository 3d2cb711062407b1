using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Pipelines;

/// <summary>What a picture says of how it was made.</summary>
internal static class PictureDescription
{
    /// <summary>The metadata.</summary>
    /// <param name="request">The request.</param>
    /// <param name="seed">The picture's seed.</param>
    /// <param name="model">What painted it.</param>
    public static GenerationMetadata Of(ResolvedRequest request, ulong seed, ModelComponents model) => new()
    {
        Prompt = AdapterChoice.Named(request.Request),
        NegativePrompt = request.Request.NegativePrompt,
        Steps = request.AskedSteps,
        Sampler = request.Sampler.Label,
        ScheduleType = request.Sampler.ScheduleLabel,
        CfgScale = request.CfgScale,
        TrueCfgScale = request.Request.TrueCfgScale == 1 ? null : request.Request.TrueCfgScale,
        Seed = seed,
        Width = request.Width,
        Height = request.Height,
        Model = model.Parts.Name,
        ClipSkip = request.Request.ClipSkip > 1 ? request.Request.ClipSkip : null,
        DenoisingStrength = request.Request.InitImage is null ? null : request.Request.Strength,
        InitImageHash = request.Request.InitImage is { } init ? ImageHash.Of(init) : null,
        MaskHash = request.Request.Mask is { } mask ? ImageHash.Of(mask) : null,
        MaskBlur = request.Request.Mask is null ? null : request.Request.MaskBlur,
        Rng = request.Request.Rng == NoiseKind.Cpu ? "CPU" : "NV",
        CfgRescale = request.Request.CfgRescale > 0 ? request.Request.CfgRescale : null,
        Eta = request.Request.Eta,
        Shift = request.Request.Shift,
        OriginalSize = request.Request.OriginalSize,
        CropsCoordsTopLeft = request.Request.CropsCoordsTopLeft,
        TargetSize = request.Request.TargetSize,
        NegativeOriginalSize = request.Request.NegativeOriginalSize,
        NegativeCropsCoordsTopLeft = request.Request.NegativeCropsCoordsTopLeft,
        NegativeTargetSize = request.Request.NegativeTargetSize,
        Refiner = request.Handover is null ? null : model.Refiner!.Parts.Name,
        RefinerStart = request.Handover is null ? null : request.Request.RefinerStart,
        AestheticScore = Other(request.Request.AestheticScore, new GenerationRequest().AestheticScore),
        NegativeAestheticScore = Other(request.Request.NegativeAestheticScore, new GenerationRequest().NegativeAestheticScore),
        ControlNets = [.. request.Controls.Asked.Zip(request.Controls.Inputs, (control, input) => new ControlNetMetadata(input.Part.Name, control.Strength, control.Start, control.End, ImageHash.Of(control.Image)))],
        Policy = request.Request.Policy is { IsExact: false } policy ? policy.ToJson() : null,
        VaeDecoder = request.Decoding.Tiny ? "TAESD" : null,
        Type = model.Runner.Type == ElementType.F32 ? null : model.Runner.Type.StorageName(),
        Version = $"IlgpuDiffusion {typeof(PictureDescription).Assembly.GetName().Version?.ToString(3)}",
    };

    private static double? Other(double value, double usual) => value == usual ? null : value;
}
