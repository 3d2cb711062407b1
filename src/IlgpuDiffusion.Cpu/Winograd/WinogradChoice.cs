using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>Which method computes a convolution fastest, from the shapes of one image alone: the same on every machine and for every batch.</summary>
internal static class WinogradChoice
{
    /// <summary>Fewer tiles than these in a phase do not pay for transforming the weight for each phase, measured at 8² (9 tiles) and 12² (16).</summary>
    private const int PhaseTilesAtLeast = 16;

    /// <summary>Whether tiles can compute a convolution.</summary>
    public static bool Fits(Conv2d op, Shape weight) => op is { Winograd: true, Stride: 1 } && weight is { Width: 3, Channels: 3 };

    /// <summary>The method of the least cost.</summary>
    /// <param name="x">The input.</param>
    /// <param name="output">The result.</param>
    /// <param name="phases">Whether it may be computed in phases: <see cref="Conv2d.Phases"/>.</param>
    public static ConvolutionMethod Choose(Shape x, Shape output, bool phases)
    {
        double direct = (phases ? 4.0 : 9.0) * output.Tokens * x.Channels * output.Channels;
        if (phases && PhaseTiles(x) >= PhaseTilesAtLeast)
        {
            return ConvolutionMethod.WinogradPhases;
        }

        double two = Cost(x, output, 2, 4), four = Cost(x, output, 4, 6);
        return direct <= Math.Min(two, four) ? ConvolutionMethod.Direct : two < four ? ConvolutionMethod.Winograd2 : ConvolutionMethod.Winograd4;
    }

    private static int PhaseTiles(Shape x) => (x.Height + Filter3x2.Outputs - 1) / Filter3x2.Outputs * ((x.Width + Filter3x2.Outputs - 1) / Filter3x2.Outputs);

    private static double Cost(Shape x, Shape output, int outputs, int points)
    {
        double tiles = (double)((output.Width + outputs - 1) / outputs) * ((output.Height + outputs - 1) / outputs);
        return points * points * tiles * x.Channels * output.Channels;
    }
}
