using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Passes;

/// <summary>The passes in their order.</summary>
internal static class PassPipeline
{
    /// <summary>The names by which passes are turned off.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Optional([]).Select(pass => pass.Name)];

    /// <summary>Runs the passes on what the roots need.</summary>
    /// <param name="roots">The values wanted; their order is kept.</param>
    /// <param name="device">The device, which says what its kernels absorb.</param>
    /// <param name="options">The storage type, and the passes to leave out.</param>
    /// <param name="slots">The slots in which roots are kept, by the roots' numbers; other roots are results, which become F32.</param>
    /// <returns>The roots in the new graph, and what each pass did.</returns>
    /// <exception cref="ArgumentException">A name is no pass's.</exception>
    public static (IReadOnlyList<Value> Roots, IReadOnlyList<PassReport> Reports) Run(IReadOnlyList<Value> roots, Device device, CompileOptions? options = null, IReadOnlyDictionary<int, int>? slots = null)
    {
        options ??= new CompileOptions();
        IReadOnlyCollection<string> without = options.WithoutPasses;
        if (without.FirstOrDefault(name => !Names.Contains(name)) is { } unknown)
        {
            throw new ArgumentException($"There is no pass '{unknown}'. Passes: {string.Join(", ", Names)}.", nameof(options));
        }

        // Stacked weights are made, so they would have to be kept.
        List<PassReport> reports = [];
        foreach (Rewriter pass in (Rewriter[])[new TypesPass(options.Type, slots ?? new Dictionary<int, int>()), .. Optional(without).Where(pass => !without.Contains(pass.Name) && !(options.Streams && pass is StackingPass)), new LayoutsPass(options.Streams)])
        {
            int before = Count(roots);
            roots = pass.Run(roots, device);
            reports.Add(new PassReport(pass.Name, pass.Taken, before, Count(roots)));
        }

        return (roots, reports);
    }

    // Epilogues first, so that biased layers are stacked whole; prologues after them, so that a norm before stacked layers has one reader, and after layer norms, which are no prologues where they are one kernel;
    // phases before Winograd, whose tiles they change; sums last, since it depends on the kernel in which slots they are.
    private static Rewriter[] Optional(IReadOnlyCollection<string> without) =>
        [new EpiloguePass(), new StackingPass(), new LayerNormsPass(), new ProloguePass(), new UpsamplePhasesPass(!without.Contains(WinogradPass.Title)), new WinogradPass(), new NormSumsPass()];

    private static int Count(IReadOnlyList<Value> roots)
    {
        bool[] live = Liveness.Of(roots);
        return roots[0].Graph.Nodes.Count(node => live[node.Id] && node.Op is not ISource);
    }
}

/// <summary>What a pass did.</summary>
/// <param name="Name">The pass.</param>
/// <param name="Taken">Places it changed.</param>
/// <param name="Before">Ops before it.</param>
/// <param name="After">Ops after it.</param>
internal sealed record PassReport(string Name, int Taken, int Before, int After);
