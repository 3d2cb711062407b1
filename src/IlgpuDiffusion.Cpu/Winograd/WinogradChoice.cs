using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>Which method computes a convolution fastest, from the shapes of one image alone: the same on every machine and for every batch.</summary>
internal static class WinogradChoice
{
    /// <summary>Whether tiles can compute a convolution.</summary>
    public static bool Fits(Conv2d op, Shape weight) => op is { Winograd: true, Stride: 1 } && weight is { Width: 3, Channels: 3 };

    /// <summary>The method of the least cost.</summary>
    public static ConvolutionMethod Choose(Shape x, Shape output)
    {
        double direct = 9.0 * output.Tokens * x.Channels * output.Channels;
        double two = Cost(x, output, 2, 4), four = Cost(x, output, 4, 6);
        return direct <= Math.Min(two, four) ? ConvolutionMethod.Direct : two < four ? ConvolutionMethod.Winograd2 : ConvolutionMethod.Winograd4;
    }

    private static double Cost(Shape x, Shape output, int outputs, int points)
    {
        double tiles = (double)((output.Width + outputs - 1) / outputs) * ((output.Height + outputs - 1) / outputs);
        return points * points * tiles * x.Channels * output.Channels;
    }
}
