namespace IlgpuDiffusion.Cpu;

/// <summary>The guess of a convolution's time by tiles: of each chunk the transforms of inputs, then of each range of tiles those of the weight, the products, and the transforms of results.</summary>
internal static class WinogradTime
{
    /// <summary>Seconds of a convolution.</summary>
    public static double Of(WinogradPlan plan, PreparedProduct product, WorkerPool pool)
    {
        TileTransforms transforms = WinogradChoice.TransformsOf(plan.Method);
        double outputs = (double)plan.Weight.Panels * Panels.Columns, seconds = 0;
        for (int line = 0; line < plan.Lines; line += plan.ChunkLines)
        {
            int lines = Math.Min(plan.ChunkLines, plan.Lines - line), tiles = lines * plan.LineTiles, ranges = KernelTime.Parts(tiles, plan.RangeTiles);
            double rows = ((ranges - 1) * TileSweep.CoveredRows(plan.RangeTiles)) + TileSweep.CoveredRows(tiles - ((ranges - 1) * plan.RangeTiles));
            double multiply = rows * plan.Positions * outputs * (plan.Inputs + (WinogradChoice.SumInputs * plan.Blocks)) / WinogradChoice.TileSpeed;
            double results = tiles * outputs * (transforms.Result + (plan.Outputs * plan.Outputs * KernelTime.Of(product.Epilogue)));
            double inputs = (double)tiles * plan.Inputs * (transforms.Input + (plan.Outputs * plan.Outputs * KernelTime.Of(product.Prologue)));
            seconds += KernelTime.Phase(pool, plan.InputTasks(lines), inputs) + KernelTime.Phase(pool, plan.ProductTasks(lines), multiply + results + (ranges * transforms.Weight * plan.Inputs * outputs) + (product.Weight.Bytes * ProductTime.ReadByte * KernelTime.OfCycle));
        }

        return seconds * plan.Quarters;
    }
}

/// <summary>What transforming takes, in multiply-adds at the machine's peak.</summary>
/// <param name="Weight">Of a weight of one input and output.</param>
/// <param name="Input">Of a tile's inputs of one channel.</param>
/// <param name="Result">Of a tile's results of one channel.</param>
internal readonly record struct TileTransforms(double Weight, double Input, double Result);
