using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>Half and double sizes, each with a 3×3 convolution.</summary>
internal static class Resampling
{
    /// <summary>[B, H, W, C] → [B, ⌈H/2⌉, ⌈W/2⌉, C] with padding 1; padding 0 stands for zeros below and at the right alone, and gives ⌊H/2⌋.</summary>
    public static Value Down(ModelBuilder m, Value x, int padding) =>
        m["conv"].Conv(x, x.Channels, kernel: 3, stride: 2, padding == 0 ? new Padding(0, 0, 1, 1) : Padding.All(padding));

    /// <summary>[B, H, W, C] → [B, h, w, C] by the nearest pixel.</summary>
    public static Value Up(ModelBuilder m, Value x, Grid to) =>
        m["conv"].Conv(x.Upsample(to.Height, to.Width, m.Path), x.Channels, kernel: 3);
}
