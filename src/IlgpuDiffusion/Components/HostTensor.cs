using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Components;

/// <summary>Numbers in the host's memory.</summary>
/// <param name="Shape">Their shape, [B, H, W, C].</param>
/// <param name="Values">The numbers, the channels of one place side by side.</param>
internal sealed record HostTensor(Shape Shape, float[] Values)
{
    /// <summary>Copies a smaller tensor into a part of this one; null leaves the part as it is.</summary>
    /// <param name="part">[B, 1, t, c].</param>
    /// <param name="token">The first token of the part.</param>
    /// <param name="channel">The first channel of the part.</param>
    public void Put(HostTensor? part, int token, int channel)
    {
        for (int row = 0; row < (part?.Shape.Rows ?? 0); row++)
        {
            (int image, int own) = Math.DivRem(row, part!.Shape.Tokens);
            int at = ((((image * Shape.Tokens) + token + own) * Shape.Channels) + channel);
            part.Values.AsSpan(row * part.Shape.Channels, part.Shape.Channels).CopyTo(Values.AsSpan(at, Shape.Channels - channel));
        }
    }
}

/// <summary>The name and shape of an input that a request gives its denoiser.</summary>
internal sealed record InputShape(string Name, Shape Shape);
