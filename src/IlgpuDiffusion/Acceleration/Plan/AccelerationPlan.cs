namespace IlgpuDiffusion.Acceleration;

/// <summary>What a run does in each of its evaluations, settled before the first: a structure, shared by equal rows as one variant of the program, and numbers for the row table.</summary>
public sealed class AccelerationPlan
{
    private readonly int[] _variantOf;
    private readonly IReadOnlyList<Dictionary<int, int>> _keys;

    private AccelerationPlan(IReadOnlyList<LayerSite> sites, IReadOnlyList<RowStructure> rows, RowNumbers numbers, IReadOnlyList<PlanNote> notes, IReadOnlyList<Dictionary<int, int>> keys)
    {
        (Sites, Numbers, Notes, _keys) = (sites, numbers, notes, keys);
        Variants = [.. rows.Distinct()];
        Dictionary<RowStructure, int> index = Variants.Select((row, i) => (row, i)).ToDictionary();
        _variantOf = [.. rows.Select(row => index[row])];
    }

    /// <summary>The network's sites; none are known to a plan that decides nothing.</summary>
    public IReadOnlyList<LayerSite> Sites { get; }

    /// <summary>The different structures, in the order of their first use.</summary>
    public IReadOnlyList<RowStructure> Variants { get; }

    /// <summary>The number of a variant for each evaluation.</summary>
    public IReadOnlyList<int> VariantOf => _variantOf;

    /// <summary>Why techniques do nothing, or nothing somewhere.</summary>
    public IReadOnlyList<PlanNote> Notes { get; }

    /// <summary>How many keys a query of a site looks at at most in an evaluation that cuts the site's attention or makes its keys coarser; null where all are as they are.</summary>
    public int? KeysAt(int evaluation, LayerSite site) => evaluation < _keys.Count && _keys[evaluation].TryGetValue(site.Index, out int keys) ? keys : null;

    /// <summary>The numbers of the row table.</summary>
    internal RowNumbers Numbers { get; }

    /// <summary>The structure of an evaluation.</summary>
    public RowStructure this[int evaluation] => Variants[_variantOf[evaluation]];

    /// <summary>The plan that decides nothing.</summary>
    /// <param name="evaluations">The evaluations of the run.</param>
    /// <param name="guided">Whether both branches run.</param>
    public static AccelerationPlan Neutral(int evaluations, bool guided) =>
        new([], [.. Enumerable.Repeat(guided ? RowStructure.Neutral : RowStructure.Unguided, evaluations)], new RowNumbers(evaluations), [], []);

    /// <summary>The plan that decides nothing but which ControlNets run, which the moments say.</summary>
    internal static AccelerationPlan Neutral(IReadOnlyList<Moment> moments, bool guided) =>
        new([], [.. moments.Select(moment => (guided ? RowStructure.Neutral : RowStructure.Unguided) with { Controls = moment.Controls })], new RowNumbers(moments.Count), [], []);

    /// <summary>Lets a policy's techniques decide.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="survey">The network's sites.</param>
    /// <param name="moments">The evaluations of the run.</param>
    /// <param name="guided">Whether there is guidance.</param>
    /// <param name="pixelsPerPoint">The pixels of a picture's side for each point of the latents' grid.</param>
    /// <exception cref="PolicyException">The network or the run does not allow it, or two techniques do not go together.</exception>
    internal static AccelerationPlan Make(AccelerationPolicy policy, SiteSurvey survey, IReadOnlyList<Moment> moments, bool guided, int pixelsPerPoint = 8)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(survey);
        ArgumentNullException.ThrowIfNull(moments);
        policy.Check();
        PlanDraft draft = new(survey, moments, guided, policy.Seed, pixelsPerPoint);
        (ITechnique Part, string Author)[] parts = [.. Parts(policy)];
        foreach ((ITechnique part, string author) in parts.OrderBy(part => part.Part.Phase).ThenBy(part => part.Part is Cache cache ? cache.Where.Depth : 0).ThenBy(part => part.Part is Cache cache ? cache.Where.Rank : default))
        {
            draft.Write(part, author);
        }

        draft.NoteIdle(parts.Select(part => part.Author).Distinct());
        return new AccelerationPlan(survey.Sites, [.. moments.Select((_, i) => draft.Structure(i))], draft.Numbers, draft.Notes, [.. moments.Select((_, i) => draft.Keys(i))]);
    }

    // What each technique stands for, with the name by which a user knows it.
    private static IEnumerable<(ITechnique Part, string Author)> Parts(AccelerationPolicy policy) =>
        from kind in policy.Techniques.GroupBy(TechniqueCatalogue.NameOf)
        from numbered in kind.Select((technique, i) => (Technique: technique, Name: kind.Count() > 1 ? $"{kind.Key}[{i}]" : kind.Key))
        from part in numbered.Technique is IShortForm form ? form.Parts : [numbered.Technique]
        select (part, numbered.Name);
}
