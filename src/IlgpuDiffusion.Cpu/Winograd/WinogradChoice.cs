using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>Which method computes a convolution fastest, from the shapes of one image alone: the same on every machine and for every batch.</summary>
/// <remarks>
/// Costs are in multiply-adds at the machine's peak, fitted to the times of Stable Diffusion's layers on Zen 5. What is done once a launch is
/// shared by two images, those of a guided evaluation.
/// </remarks>
internal static class WinogradChoice
{
    private const int Images = 2;

    /// <summary>What a tile of the multiplication costs beside its products, in inputs.</summary>
    public const double SumInputs = 6;

    /// <summary>The speed of products of tiles.</summary>
    public const double TileSpeed = 0.75;
    private const double DirectSpeed = 0.88;

    /// <summary>What the tiles must save to be worth their rounding.</summary>
    private const double Worth = 0.8;

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
        if (phases && PhaseTiles(x) >= PhaseTilesAtLeast)
        {
            return ConvolutionMethod.WinogradPhases;
        }

        double products = Products(x, output);
        double direct = (phases ? 4.0 : 9.0) * Images * output.Tokens * products / DirectSpeed * Worth;
        double two = Cost(x, output, products, outputs: 2, points: 4, TransformsOf(ConvolutionMethod.Winograd2));
        double four = Cost(x, output, products, outputs: 4, points: 6, TransformsOf(ConvolutionMethod.Winograd4));
        return direct <= Math.Min(two, four) ? ConvolutionMethod.Direct : two < four ? ConvolutionMethod.Winograd2 : ConvolutionMethod.Winograd4;
    }

    /// <summary>What the tiles of a method take beside their products; of phases by their numbers, 3 results and 4 points a side.</summary>
    public static TileTransforms TransformsOf(ConvolutionMethod method) => method switch
    {
        ConvolutionMethod.Winograd4 => new(420, 1800, 850),
        ConvolutionMethod.WinogradPhases => new(300, 800, 550),
        _ => new(300, 800, 300),
    };

    private static int PhaseTiles(Shape x) => Parts(x.Height, Filter3x2.Outputs) * Parts(x.Width, Filter3x2.Outputs);

    private static double Cost(Shape x, Shape output, double products, int outputs, int points, TileTransforms transforms)
    {
        double tiles = (double)Images * Parts(output.Width, outputs) * Parts(output.Height, outputs);
        return (points * points * Math.Max(tiles, Tile8.Rows) * products / TileSpeed) + (transforms.Weight * x.Channels * output.Channels) + (tiles * ((transforms.Input * x.Channels) + (transforms.Result * output.Channels)));
    }

    // Whole panels, and every block's sums.
    private static double Products(Shape x, Shape output) =>
        (double)Parts(output.Channels, Panels.Columns) * Panels.Columns * (x.Channels + (SumInputs * Parts(x.Channels, Panels.KBlock)));

    private static int Parts(int whole, int part) => (whole + part - 1) / part;
}
