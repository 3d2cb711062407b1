using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>The phases of a convolution by tiles, chunk after chunk.</summary>
internal abstract unsafe class WinogradRun
{
    public static WinogradRun Create(WinogradPlan plan, ElementType type) => plan.Method switch
    {
        ConvolutionMethod.WinogradPhases => new WinogradRun<Filter3x2>(plan, type),
        ConvolutionMethod.Winograd4 => new WinogradRun<Filter4x3>(plan, type),
        _ => new WinogradRun<Filter2x3>(plan, type),
    };

    /// <summary>Computes the convolution.</summary>
    /// <param name="pool">The threads.</param>
    /// <param name="input">The input.</param>
    /// <param name="weight">The packed weight.</param>
    /// <param name="output">The result.</param>
    /// <param name="arena">Room for <see cref="WinogradPlan.ArenaBytes"/>.</param>
    /// <param name="cancellation">Observed between tasks.</param>
    public abstract void Run(WorkerPool pool, in InputPlaces input, byte* weight, in OutputPlaces output, float* arena, CancellationToken cancellation);
}

/// <summary>The phases with a filtering scheme.</summary>
internal sealed unsafe class WinogradRun<TFilter>(WinogradPlan plan, ElementType type) : WinogradRun
    where TFilter : struct, IFilter
{
    private readonly WinogradInputJob<TFilter> _input = new(plan);
    private readonly WinogradProductJob<TFilter> _product = new(plan, type);

    public override void Run(WorkerPool pool, in InputPlaces input, byte* weight, in OutputPlaces output, float* arena, CancellationToken cancellation)
    {
        _input.Input = input;
        _input.Target = arena;
        _product.Weight = weight;
        _product.Source = arena;
        _product.Threads = pool.Threads;
        for (int quarter = 0; quarter < plan.Quarters; quarter++)
        {
            (_input.Quarter, _product.Quarter) = (quarter, quarter);
            _product.Output = plan.Quarters > 1 ? output.EveryOther(quarter & 1) : output;
            RunChunks(pool, cancellation);
        }
    }

    private void RunChunks(WorkerPool pool, CancellationToken cancellation)
    {
        for (int line = 0; line < plan.Lines; line += plan.ChunkLines)
        {
            int lines = Math.Min(plan.ChunkLines, plan.Lines - line);
            (_input.FirstLine, _input.Lines) = (line, lines);
            pool.Run(_input, plan.InputTasks(lines), cancellation);
            (_product.FirstLine, _product.Lines) = (line, lines);
            pool.Run(_product, plan.ProductTasks(lines), cancellation);
        }
    }
}
