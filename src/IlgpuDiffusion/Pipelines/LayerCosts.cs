using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Where the work of evaluations lies: launches by the layer of attention, or the depth, that they belong to.</summary>
/// <param name="sites">The network's sites.</param>
/// <param name="costs">What launches take.</param>
internal sealed class LayerCosts(IReadOnlyList<LayerSite> sites, CostModel costs)
{
    private readonly Dictionary<string, LayerSite> _attention = sites.Where(site => site.Kind is SiteKind.SelfAttention or SiteKind.CrossAttention or SiteKind.JointAttention).DistinctBy(site => site.Path).ToDictionary(site => site.Path);
    private readonly Grid[] _grids = [.. sites.Select(site => site.Grid).Distinct().OrderByDescending(grid => (long)grid.Height * grid.Width)];

    // Of a module; on another grid it is of the depth that it has exactly.
    private readonly Dictionary<string, int?> _depths = [];

    /// <summary>The layers that the exact run computes, the finest first, attention before all else.</summary>
    /// <param name="exact">The exact run.</param>
    /// <param name="planned">The planned one; the same instance where nothing is planned.</param>
    public IReadOnlyList<LayerExplanation> Of(LoopRun exact, LoopRun planned)
    {
        Dictionary<(string Path, int? Depth), Sum> before = Sums(exact), after = ReferenceEquals(exact, planned) ? before : Sums(planned);
        return [.. before.OrderBy(one => one.Key.Depth ?? int.MaxValue).ThenBy(one => one.Key.Path.Length == 0).ThenBy(one => one.Key.Path.Length == 0 ? 0 : _attention[one.Key.Path].Index).Select(one =>
        {
            Sum own = after.GetValueOrDefault(one.Key) ?? new Sum();
            Grid grid = one.Key.Depth is not { } depth ? default : one.Key.Path.Length > 0 ? _attention[one.Key.Path].Grid : _grids.FirstOrDefault(grid => DepthOf(grid) == depth);
            return new LayerExplanation
            {
                Path = one.Key.Path,
                Kind = one.Key.Path.Length > 0 ? _attention[one.Key.Path].Kind : null,
                Depth = one.Key.Depth,
                Height = grid.Height,
                Width = grid.Width,
                ExactTokens = one.Value.Tokens,
                Tokens = own.Tokens,
                ExactKeys = one.Value.Keys,
                Keys = own.Keys,
                ExactEvaluations = exact.Plan.VariantOf.Count,
                Computed = own.Computed,
                ExactFlops = one.Value.Flops,
                Flops = own.Flops,
                ExactExpected = TimeSpan.FromSeconds(one.Value.Seconds),
                Expected = TimeSpan.FromSeconds(own.Seconds),
            };
        })];
    }

    private Dictionary<(string Path, int? Depth), Sum> Sums(LoopRun run)
    {
        Dictionary<(string, int?), Sum> sums = [];
        foreach (ProgramReport program in run.Executable.Programs.Where(program => program.Variant is not null))
        {
            int[] evaluations = [.. run.Plan.VariantOf.Index().Where(pair => pair.Item == program.Variant).Select(pair => pair.Index)];
            HashSet<(string, int?)> computed = [];
            foreach (LaunchReport launch in program.Launches)
            {
                LayerSite? site = SiteOf(launch.Path);
                (string, int?) key = site is { } at ? (at.Path, DepthOf(at.Grid)) : ("", _depths.TryGetValue(launch.Path, out int? known) ? known : _depths[launch.Path] = DepthOf(launch));
                Sum sum = sums.TryGetValue(key, out Sum? found) ? found : sums[key] = new Sum();
                double times = run.Times * (TiledCost.Is(launch) ? evaluations.Sum(e => TiledCost.Pairs(launch, name => run.Plan.Numbers.Row<int>(name, e))) : evaluations.Length);
                sum.Flops += (long)(launch.Work.Flops * times);
                sum.Seconds += costs.Of(launch) * times;
                if (site is { } own && launch.Operation is Attention op)
                {
                    sum.Tokens = Least(sum.Tokens, launch.Inputs[0].Shape.Tokens);
                    sum.Keys = Least(sum.Keys, evaluations.Min(e => run.Plan.KeysAt(e, own)) ?? Enumerable.Range(0, op.Segments.Count).Sum(i => launch.Inputs[op.OperandsOf(i).Keys].Shape.Tokens));
                    sum.Computed += computed.Add(key) ? evaluations.Length : 0;
                }
                else if (site is null)
                {
                    sum.Computed += computed.Add(key) ? evaluations.Length : 0;
                }
            }
        }

        return sums;
    }

    private LayerSite? SiteOf(string path)
    {
        for (int end = path.Length; end > 0; end = path.LastIndexOf('.', end - 1))
        {
            if (_attention.TryGetValue(path[..end], out LayerSite site))
            {
                return site;
            }
        }

        return null;
    }

    // By the grid of what a launch makes, or of what it reads where it makes sums; null where that is none of the network's.
    private int? DepthOf(LaunchReport launch) => launch.Inputs.Select(input => input.Shape).Prepend(launch.Result)
        .Select(shape => new Grid(shape.Height, shape.Width)).Where(_grids.Contains).Select(grid => (int?)DepthOf(grid)).FirstOrDefault();

    private int DepthOf(Grid grid) => Math.Max(0, (int)Math.Round(Math.Log2((double)_grids[0].Height / grid.Height)));

    private static int Least(int known, int other) => known == 0 ? other : Math.Min(known, other);

    private sealed class Sum
    {
        public int Tokens { get; set; }

        public int Keys { get; set; }

        public int Computed { get; set; }

        public long Flops { get; set; }

        public double Seconds { get; set; }
    }
}

/// <summary>The loop of evaluations of a request.</summary>
/// <param name="Executable">The denoiser.</param>
/// <param name="Plan">What each evaluation does.</param>
/// <param name="Times">How often the loop runs.</param>
internal sealed record LoopRun(Executable Executable, AccelerationPlan Plan, int Times);
