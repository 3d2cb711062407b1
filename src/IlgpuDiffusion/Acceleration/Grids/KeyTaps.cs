using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>How a grid is resampled along both axes.</summary>
/// <param name="From">The old grid.</param>
/// <param name="To">The new one.</param>
/// <param name="Rows">The taps of the rows.</param>
/// <param name="Columns">The taps of the columns.</param>
public sealed record KeyTaps(Grid From, Grid To, AxisTaps Rows, AxisTaps Columns)
{
    // Phases are drawn of so many along each axis, whatever the factor.
    private const int Phases = 64;

    /// <summary>The taps of a method; with random numbers, picked points at a phase that is drawn for each axis.</summary>
    public static KeyTaps Of(GridMethod method, Grid from, Grid to, PlanRandom? random = null)
    {
        double? Phase(int fine, int coarse) => random is null || fine == coarse ? null : (random.Below(Phases) + 0.5) / Phases;
        return new KeyTaps(from, to, AxisTaps.Of(method, from.Height, to.Height, Phase(from.Height, to.Height)), AxisTaps.Of(method, from.Width, to.Width, Phase(from.Width, to.Width)));
    }

    /// <summary>What of it changes a program.</summary>
    public ResampledGrid Form => new(To, Rows.Taps, Columns.Taps);

    /// <summary>How many points of the fine grid a coarse one stands for, on the average.</summary>
    public double Mass => (double)From.Height * From.Width / ((double)To.Height * To.Width);
}
