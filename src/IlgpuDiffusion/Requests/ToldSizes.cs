using IlgpuDiffusion.Components;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Models;

namespace IlgpuDiffusion.Requests;

/// <summary>What a network is told of the sizes of its picture, beside the prompt and beside the negative prompt; null where the request says nothing, which is the picture's own.</summary>
internal readonly record struct ToldSizes(PictureSizes? Prompt, PictureSizes? Negative)
{
    private const int Most = 65536;

    /// <param name="request">The request.</param>
    /// <param name="width">The picture's width.</param>
    /// <param name="height">The picture's height.</param>
    public static ToldSizes Of(GenerationRequest request, int width, int height)
    {
        PixelSize own = new(width, height);
        (PixelSize original, PixelOffset crop, PixelSize target) = (request.OriginalSize ?? own, request.CropsCoordsTopLeft ?? default, request.TargetSize ?? own);
        return Given(request).All(given => given.Value is null)
            ? default
            : new(Sizes(original, crop, target), Sizes(request.NegativeOriginalSize ?? original, request.NegativeCropsCoordsTopLeft ?? crop, request.NegativeTargetSize ?? target));
    }

    /// <summary>Whether the model is told what the request says.</summary>
    /// <exception cref="RequestException">It is not, or a number is out of range.</exception>
    public static void Check(GenerationRequest request, ModelParts parts)
    {
        int numbers = parts.Network.Inputs.Where(input => input.Name == NetworkInputs.TimeIds).Select(input => input.Channels).FirstOrDefault();
        foreach ((string setting, string name, object? value) in Given(request).Where(given => given.Value is not null))
        {
            RequestChecks.Require(numbers > 0, setting, $"{name} is for Stable Diffusion XL, which is told sizes of its picture; '{parts.Name}' is not.");
            bool target = setting is nameof(GenerationRequest.TargetSize) or nameof(GenerationRequest.NegativeTargetSize);
            RequestChecks.Require(!target || numbers == UNetAddition.Sizes, setting, $"{name} is for the base model of Stable Diffusion XL; the refiner '{parts.Name}' is told an aesthetic score in its place.");
            bool fits = value is PixelSize size ? size is { Width: >= 1 and <= Most, Height: >= 1 and <= Most } : value is PixelOffset { Top: >= 0 and <= Most, Left: >= 0 and <= Most };
            RequestChecks.Require(fits, setting, value is PixelSize ? $"{name} must have sides of 1 to {Most} pixels; it is {value}." : $"{name} must be from 0 to {Most} pixels; it is {value}.");
        }
    }

    private static (string Setting, string Name, object? Value)[] Given(GenerationRequest r) =>
    [
        (nameof(r.OriginalSize), "original size", r.OriginalSize),
        (nameof(r.CropsCoordsTopLeft), "crops coords top left", r.CropsCoordsTopLeft),
        (nameof(r.TargetSize), "target size", r.TargetSize),
        (nameof(r.NegativeOriginalSize), "negative original size", r.NegativeOriginalSize),
        (nameof(r.NegativeCropsCoordsTopLeft), "negative crops coords top left", r.NegativeCropsCoordsTopLeft),
        (nameof(r.NegativeTargetSize), "negative target size", r.NegativeTargetSize),
    ];

    private static PictureSizes Sizes(PixelSize original, PixelOffset crop, PixelSize target) => new(original.Height, original.Width, crop.Top, crop.Left, target.Height, target.Width);
}
