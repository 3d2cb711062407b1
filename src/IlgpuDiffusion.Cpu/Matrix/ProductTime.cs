using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>The guess of a product's time: tiles over ragged lines, and what each task fills, widens and writes.</summary>
internal static class ProductTime
{
    // In cycles of a value: gathered into a strip, and widened.
    private const double Fill = 0.25, Widen = 0.2, WidenSums = 0.5;

    /// <summary>Cycles of a byte of the weight.</summary>
    public const double ReadByte = 0.15;

    /// <summary>Seconds of a product.</summary>
    public static double Of(PreparedProduct product, WorkerPool pool)
    {
        ProductPlan plan = product.Plan;
        double outputs = (double)plan.Weight.Panels * Panels.Columns, cycle = KernelTime.OfCycle;
        double line = ((plan.ColumnTasks - 1) * TileSweep.CoveredRows(plan.TileWidth)) + TileSweep.CoveredRows(plan.Output.Width - ((plan.ColumnTasks - 1) * plan.TileWidth));
        double rows = line * plan.Output.Height * plan.Batch * plan.Quarters, pixels = (double)plan.Output.Width * plan.Output.Height * plan.Batch * plan.Quarters;
        double multiply = rows * outputs * plan.Taps * (plan.Inputs + (WinogradChoice.SumInputs * plan.Blocks));
        double widen = product.Weight.Type == ElementType.F32 && plan.Quarters == 1 ? 0 : plan.PixelTasks * outputs * plan.Taps * plan.Inputs * cycle * (plan.Quarters > 1 ? WidenSums : Widen);
        double write = pixels * outputs * KernelTime.Of(product.Epilogue);

        // Read from memory, or the outermost cache.
        double read = product.Weight.Bytes * ReadByte * cycle;

        // Once, or by each task for itself.
        bool once = plan.Packs || product.AppliesFirst;
        double prologue = (double)product.Input.Count * (KernelTime.Of(product.Prologue) + (Fill * cycle));
        double fill = plan.Packs ? 0 : plan.PixelTasks * plan.PanelTasks * (double)plan.BlockStripFloats * plan.Blocks * ((Fill * cycle) + (once ? 0 : KernelTime.Of(product.Prologue)));
        double all = KernelTime.Phase(pool, plan.Tasks, multiply + widen + write + fill + read);
        return once ? all + KernelTime.Phase(pool, int.MaxValue, prologue) : all;
    }
}
