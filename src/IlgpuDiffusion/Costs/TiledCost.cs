using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Costs;

/// <summary>An attention over tiles whose bounds come with the run: what it takes is known of tiles of one size, and grows with the pairs of queries and keys that its tiles hold.</summary>
/// <param name="Launch">The launch.</param>
/// <param name="Seconds">What it takes over tiles of one size.</param>
/// <param name="Timed">Whether that was timed.</param>
internal sealed record TiledCost(LaunchReport Launch, double Seconds, bool Timed)
{
    /// <summary>Whether a launch is one.</summary>
    public static bool Is(LaunchReport launch) => launch.Operation is Attention { Tiled: true } && launch.Names[1] is not null;

    /// <summary>The pairs of queries and keys over those of as many tiles of one size.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="numbers">The rectangles of an input of the run, y0, y1, x0, x1 of each.</param>
    public static double Pairs(LaunchReport launch, Func<string, ReadOnlySpan<int>> numbers)
    {
        Attention op = (Attention)launch.Operation;
        int[] queries = Areas(numbers(launch.Names[1]!));
        double all = 0, equal = 0;
        for (int i = 0; i < op.Segments.Count; i++)
        {
            SegmentOperands at = op.OperandsOf(i);
            double keys = launch.Inputs[at.Keys].Shape.Tokens, own = op.Segments[i].Bounds ? keys / queries.Length : keys;
            equal += launch.Inputs[0].Shape.Tokens * (op.Segments[i].ExcludeOwnTile ? keys - own : own);
            int[]? seen = at.Bounds < 0 ? null : launch.Names[at.Bounds] is { } name ? Areas(numbers(name)) : queries;
            all += queries.Index().Sum(tile => tile.Item * (seen is null ? keys : op.Segments[i].ExcludeOwnTile ? keys - seen[tile.Index] : seen[tile.Index]));
        }

        return equal > 0 ? all / equal : 1;
    }

    private static int[] Areas(ReadOnlySpan<int> rectangles)
    {
        int[] areas = new int[rectangles.Length / 4];
        for (int i = 0; i < areas.Length; i++)
        {
            areas[i] = (rectangles[(4 * i) + 1] - rectangles[4 * i]) * (rectangles[(4 * i) + 3] - rectangles[(4 * i) + 2]);
        }

        return areas;
    }
}
