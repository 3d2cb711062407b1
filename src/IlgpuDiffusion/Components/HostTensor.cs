using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Components;

/// <summary>Numbers in the host's memory.</summary>
/// <param name="Shape">Their shape, [B, H, W, C].</param>
/// <param name="Values">The numbers, the channels of one place side by side.</param>
internal sealed record HostTensor(Shape Shape, float[] Values);

/// <summary>The name and shape of an input that a request gives its denoiser.</summary>
internal sealed record InputShape(string Name, Shape Shape);
