using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion;

/// <summary>A ControlNet that a request uses (Zhang, Rao and Agrawala 2023): a picture, such as edges, depths or poses, that the painted one follows.</summary>
/// <param name="Path">Its folder in diffusers' layout, or a .safetensors file.</param>
/// <param name="Image">The picture as the ControlNet was trained to see it. Of another shape than the painted picture's, the largest part of that shape is cut out of its middle and resized.</param>
public sealed record ControlNet(string Path, Image Image)
{
    /// <summary>How strongly it is followed; 1 as it was trained, 0 not at all.</summary>
    public double Strength { get; init; } = 1;

    /// <summary>From which part of the schedule on it is followed, 0 to 1: steps that lie wholly between start and end are controlled.</summary>
    public double Start { get; init; }

    /// <summary>To which part of the schedule.</summary>
    public double End { get; init; } = 1;
}
