using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>
/// How a picture is decoded in parts of which only one is in memory: the stages up to the last that looks at the whole picture (attention) at once,
/// on the latents' grid; the others in runs of stages between tensors that are kept whole, each run over tiles that overlap as far as its
/// convolutions reach. A group norm's sums are taken over all tiles before anything behind it is computed, so a run costs one pass for each of its
/// norms: where memory allows runs are short, and else stages are computed several times.
/// </summary>
internal sealed class DecodePlan
{
    // Of the memory at least so much is left for a tile.
    private const double TileShare = 0.12;

    private static readonly int[] TilesOfSide = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128];

    private DecodePlan(Executable head, DecoderTiles tiles, IReadOnlyList<DecodePart> parts, double work)
    {
        (Head, Tiles, Parts, Work) = (head, tiles, parts, work);
        DecodePart first = parts[0];
        long begin = BandedTensor.Bytes(first.Picture, first.InChannels, 0, first.Picture.Height);
        Bytes = Math.Max(head.Memory.Arena + head.Memory.Run + begin, parts.Max(part => part.Bytes));
    }

    /// <summary>The stages that look at the whole picture; it gives their result and its sums.</summary>
    public Executable Head { get; }

    /// <summary>The tiles of their attention.</summary>
    public DecoderTiles Tiles { get; }

    /// <summary>The others.</summary>
    public IReadOnlyList<DecodePart> Parts { get; }

    /// <summary>Bytes beside the weights, at most.</summary>
    public long Bytes { get; }

    /// <summary>The memory that it takes; what is kept beside the arena counts as arena, since other programs' is given back first.</summary>
    public MemoryReport Memory
    {
        get
        {
            MemoryReport[] all = [Head.Memory, .. Parts.Select(part => part.End.Memory)];
            return new MemoryReport(all.Sum(report => report.Weights), all.Sum(report => report.Prepared), all.Sum(report => report.Streamed), all.Max(report => report.Loading), Bytes, 0);
        }
    }

    /// <summary>The operations behind the head over those of decoding at once.</summary>
    public double Work { get; }

    /// <summary>All that runs for a picture, in order.</summary>
    public IReadOnlyList<PartUse> Programs => [new PartUse(Head, "first stages"), .. Parts.SelectMany((part, i) => part.Programs($"part {i + 1} of {Parts.Count}"))];

    /// <summary>Whether values of a decoding at once can be told by 32-bit numbers.</summary>
    public static bool FitsAtOnce(DecoderSurvey survey, Grid latents) => survey.Elements(0, survey.Boundaries - 1) * latents.Height * latents.Width < int.MaxValue;

    /// <summary>Plans for a size of latents: what computes least within a budget; where nothing is within it, what needs least memory.</summary>
    /// <param name="survey">What its stages give and cost.</param>
    /// <param name="model">The decoder.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="runner">Where it runs.</param>
    /// <param name="latents">The latents' grid.</param>
    /// <param name="budget">Bytes that there are beside the weights.</param>
    /// <param name="tiles">The tiles of its attention.</param>
    public static DecodePlan Make(DecoderSurvey survey, AutoencoderKl model, WeightStore weights, ComponentRunner runner, Grid latents, long budget, DecoderTiles tiles)
    {
        Executable head = CompileHead(survey, model, weights, runner, latents, tiles);
        DecodePlan least = Least(survey, weights, runner, latents, head, tiles);
        DecodePlan plan = budget < least.Bytes ? least : For(survey, weights, runner, latents, budget, head, tiles);
        return plan.Bytes <= budget ? plan : least;
    }

    // Stages one by one as far as it helps, then the others in one run: what lies between large stages is never kept.
    private static DecodePlan Least(DecoderSurvey survey, WeightStore weights, ComponentRunner runner, Grid latents, Executable head, DecoderTiles tiles)
    {
        int last = survey.Boundaries - 1;
        DecodePart[] alone = [.. Enumerable.Range(0, last).Select(i => Part(survey, weights, runner, i, i + 1, latents, 0))];
        DecodePart[] rest = [.. Enumerable.Range(0, last).Select(i => Part(survey, weights, runner, i, last, latents, 0))];
        long Most(int turn) => Math.Max(rest[turn].EndBytes, alone.Take(turn).Select(part => part.EndBytes).DefaultIfEmpty().Max());
        int best = Enumerable.Range(0, last).MinBy(Most);
        return new DecodePlan(head, tiles, [.. alone.Take(best), rest[best]], (Enumerable.Range(0, best).Sum(i => survey.Flops(i, i + 1)) + survey.Flops(best, last)) / survey.Once(0, last));
    }

    private static DecodePlan For(DecoderSurvey survey, WeightStore weights, ComponentRunner runner, Grid latents, long budget, Executable head, DecoderTiles tiles)
    {
        int last = survey.Boundaries - 1;
        long Bytes(int boundary)
        {
            Grid grid = new(latents.Height * survey.Scale(boundary), latents.Width * survey.Scale(boundary));
            return BandedTensor.Bytes(grid, survey.Channels(boundary), 0, grid.Height);
        }

        bool Fits(int from, int to) => Math.Max(Bytes(from), Bytes(to)) <= (1 - TileShare) * budget;

        // The least work to come to each boundary, and from where.
        double[] work = [0, .. Enumerable.Repeat(double.PositiveInfinity, last)];
        int[] previous = new int[last + 1];
        for (int to = 1; to <= last; to++)
        {
            for (int from = 0; from < to; from++)
            {
                if ((to == last || Fits(from, to)) && work[from] + survey.Flops(from, to) < work[to])
                {
                    (work[to], previous[to]) = (work[from] + survey.Flops(from, to), from);
                }
            }
        }

        List<DecodePart> parts = [];
        for (int to = last; to > 0; to = previous[to])
        {
            parts.Insert(0, Part(survey, weights, runner, previous[to], to, latents, budget));
        }

        return new DecodePlan(head, tiles, parts, work[last] / survey.Once(0, last));
    }

    // The largest tiles that fit; the smallest sensible ones where none do.
    private static DecodePart Part(DecoderSurvey survey, WeightStore weights, ComponentRunner runner, int from, int to, Grid latents, long budget)
    {
        int side = Math.Max(latents.Height, latents.Width) * survey.Scale(from), reach = survey.Reach(from, to);
        long Read(int tiles) => Math.Min(side, ((side + tiles - 1) / tiles) + (2 * reach));
        int[] possible = [.. TilesOfSide.Where(tiles => Read(tiles) * Read(tiles) * survey.Elements(from, to) < int.MaxValue)];

        // Smaller ones would read more than twice what they keep along each side.
        int smallest = possible.Where(tiles => (side + tiles - 1) / tiles >= 2 * reach).DefaultIfEmpty(possible[0]).Max();
        foreach (int tiles in budget == 0 ? [] : possible.Where(tiles => tiles < smallest))
        {
            DecodePart part = new(survey, weights, runner, from, to, latents, tiles);
            if (part.EndBytes <= budget && part.Bytes <= budget)
            {
                return part;
            }
        }

        return new DecodePart(survey, weights, runner, from, to, latents, smallest);
    }

    private static Executable CompileHead(DecoderSurvey survey, AutoencoderKl model, WeightStore weights, ComponentRunner runner, Grid latents, DecoderTiles tiles)
    {
        Graph graph = new();
        ModelBuilder m = new(graph, weights, tiles.Plan());
        Value x = graph.Input(DecodePart.Input, new Shape(1, latents.Height, latents.Width, model.Config.LatentChannels), Stage.Request);
        Value kept = graph.Input(DecodePart.Kept, new TensorType(new Shape(1, 1, 1, 4), ElementType.I32), Stage.Request);
        Value h = survey.Stages.Take(survey.Head).Aggregate(x.Affine(1 / model.Config.Scale, model.Config.Shift), (value, stage) => stage.Build(m, value));
        return runner.Compile([new Variant(h, h.RectangleSums(kept))]);
    }
}
