namespace IlgpuDiffusion.Cpu;

/// <summary>The guess of an attention's time: queries in whole tiles, keys in whole vectors, their softmax, and packing, which every task of a tile does for itself.</summary>
internal static class AttentionTime
{
    // In cycles: of a pair the softmax, of a number that is packed, of a query's number that is taken or given, of a tile that meets a block of keys.
    private const double Softmax = 2, Pack = 0.4, Query = 1, Meeting = 60;

    /// <summary>Seconds of an attention.</summary>
    public static double Of(AttentionPlan plan, WorkerPool pool)
    {
        // Where a tile's bounds come with the run, all are about equal.
        double cycle = KernelTime.OfCycle;
        int tiles = Math.Max(1, plan.Tiles), queries = Math.Max(1, plan.Queries.Tokens / tiles), parts = KernelTime.Parts(queries, plan.RowsPerTask), last = queries - ((parts - 1) * plan.RowsPerTask);
        (int fullTall, int fullShort) = TileSweep.Cover(plan.RowsPerTask);
        (int tall, int few) = TileSweep.Cover(last);
        double rows = ((parts - 1) * TileSweep.CoveredRows(plan.RowsPerTask)) + TileSweep.CoveredRows(last), sweeps = ((parts - 1) * (fullTall + fullShort)) + tall + few;
        double all = 0, shared = 0;
        int shares = 0;
        foreach (SegmentPlan segment in plan.Segments)
        {
            int keys = Math.Max(1, segment.Gathered ? segment.Form.ExcludeOwnTile ? segment.Keys.Tokens - (segment.Keys.Tokens / tiles) : segment.Keys.Tokens / tiles : segment.Keys.Tokens);
            int columns = KernelTime.Parts(keys, AttentionStep.Lanes) * AttentionStep.Lanes, values = KernelTime.Parts(plan.Width, AttentionStep.Lanes / 2) * AttentionStep.Lanes / 2;
            double pairs = rows * columns * (plan.Op.Causal ? 0.5 : 1);
            all += (pairs * (plan.Width + values + (Softmax * cycle))) + (sweeps * KernelTime.Parts(keys, KeyBlock.Keys) * Meeting * cycle);
            double packing = 2.0 * keys * plan.Width * Pack * cycle;
            if (segment.Gathered)
            {
                all += parts * packing;
            }
            else
            {
                shared += segment.Keys.Batch * plan.Op.Heads * packing;
                shares += segment.Keys.Batch * plan.Op.Heads * segment.Blocks;
            }
        }

        all += rows * plan.Width * Query * cycle;
        int heads = plan.Queries.Batch * plan.Op.Heads * tiles;
        return KernelTime.Phase(pool, heads / plan.HeadsPerTask * parts, heads * all) + (shares > 0 ? KernelTime.Phase(pool, shares, shared) : 0);
    }
}
