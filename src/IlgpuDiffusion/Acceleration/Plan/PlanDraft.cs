using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Acceleration;

/// <summary>A plan while techniques write it: one row an evaluation, in which every site is computed whole until a technique decides otherwise.</summary>
public sealed partial class PlanDraft
{
    private readonly SiteSurvey _survey;
    private readonly Row[] _rows;
    private readonly RowNumbers _numbers;
    private readonly List<PlanNote> _notes = [];
    private readonly HashSet<string> _deciding = [];
    private readonly Dictionary<string, string> _idle = [];
    private string _author = "";
    private int _slots;

    internal PlanDraft(SiteSurvey survey, IReadOnlyList<Moment> moments, bool guided, ulong seed, int pixelsPerPoint = 8)
    {
        (_survey, Moments, Guided, Seed, PixelsPerPoint) = (survey, moments, guided, seed, pixelsPerPoint);
        _numbers = new RowNumbers(moments.Count);
        _rows = [.. moments.Select(_ => new Row(guided ? Branches.Both : Branches.Conditional, survey.Sites.Count))];
    }

    /// <summary>The network's sites, in the order of building.</summary>
    public IReadOnlyList<LayerSite> Sites => _survey.Sites;

    /// <summary>The evaluations of the run.</summary>
    public IReadOnlyList<Moment> Moments { get; }

    /// <summary>Whether there is guidance: two branches.</summary>
    public bool Guided { get; }

    /// <summary>The policy's seed.</summary>
    public ulong Seed { get; }

    internal RowNumbers Numbers => _numbers;

    internal IReadOnlyList<PlanNote> Notes => _notes;

    /// <summary>The branches that an evaluation runs.</summary>
    public Branches BranchesAt(int evaluation) => _rows[evaluation].Branches;

    /// <summary>What is decided for a site so far.</summary>
    public SiteDecision this[int evaluation, LayerSite site] => _rows[evaluation].Sites[site.Index];

    /// <summary>Whether what passes a site is read in an evaluation, as far as is decided: what recalled values stand for is not computed.</summary>
    public bool Reaches(int evaluation, LayerSite site) => (_rows[evaluation].Reached ??= _survey.Reached(_rows[evaluation].Sites))[site.Index];

    /// <summary>Whether every cache computes in an evaluation, whatever its cadence says.</summary>
    public bool IsRefreshed(int evaluation) => _rows[evaluation].Refreshed;

    /// <summary>Asks every cache to compute in an evaluation, since what it keeps is needed as it is then.</summary>
    public void Refresh(int evaluation) => _rows[evaluation].Refreshed = true;

    /// <summary>Decides which branches an evaluation runs.</summary>
    /// <exception cref="PolicyException">Another technique has decided it.</exception>
    public void Guide(int evaluation, Branches branches, GuidanceForm form = default)
    {
        Row row = _rows[evaluation];
        Claim(ref row.BranchAuthor, "which branches of guidance run");
        (row.Branches, row.Guidance) = (branches, form);
    }

    /// <summary>Decides whether a site's value is kept or recalled.</summary>
    /// <exception cref="PolicyException">Another technique has decided it.</exception>
    public void Decide(int evaluation, LayerSite site, SiteDecision decision)
    {
        Row row = _rows[evaluation];
        Claim(ref row.SiteAuthors[site.Index], $"what is kept of '{site.Path}'");
        row.Sites[site.Index] = decision with { Attention = row.Sites[site.Index].Attention, Resize = row.Sites[site.Index].Resize };
        row.Reached = decision.Action == SiteAction.Recall ? null : row.Reached;
    }

    /// <summary>Sets numbers of a site in an evaluation's row, as many in every row; rows that are not set are 0.</summary>
    public void Set<T>(int evaluation, LayerSite site, string name, ReadOnlySpan<T> numbers)
        where T : unmanaged => _numbers.Set(evaluation, EvaluationPlan.RowInput(site.Index, name), numbers);

    /// <summary>Numbers of slots that nothing else uses; returns the first.</summary>
    public int TakeSlots(int count = 1) => (_slots += count) - count;

    /// <summary>Random numbers for a site in an evaluation: equal for all branches, pictures and orders of planning.</summary>
    public PlanRandom Random(int evaluation, LayerSite site) => new(Seed, evaluation, site.Index);

    /// <summary>Says why the technique does nothing, or nothing somewhere, to those who read the plan. What was said already is not said again.</summary>
    /// <param name="text">The reason: a part of a sentence that goes on from the technique's name.</param>
    public void Note(string text)
    {
        PlanNote note = new(_author, text);
        if (!_notes.Contains(note))
        {
            _notes.Add(note);
        }
    }

    internal void Write(ITechnique technique, string author)
    {
        _author = author;
        try
        {
            technique.Plan(this);
        }
        catch (PolicyException e) when (!e.Message.Contains(author, StringComparison.Ordinal))
        {
            // A part does not know what it is a part of, nor one of several its number; whoever has written the policy knows nothing else.
            throw new PolicyException($"'{author}': {e.Message}", e);
        }
    }

    /// <summary>The same of a part, to be said where the whole technique decides nothing.</summary>
    internal void NoteIfIdle(string text) => _idle.TryAdd(_author, text);

    // What has decided nothing says why.
    internal void NoteIdle(IEnumerable<string> authors) =>
        _notes.AddRange(authors.Where(author => !_deciding.Contains(author) && _notes.All(note => note.Technique != author)).Select(author => new PlanNote(author, _idle.GetValueOrDefault(author, "changes nothing in this run"))));

    internal RowStructure Structure(int evaluation)
    {
        Row row = _rows[evaluation];
        BoundKeys(evaluation);
        int count = row.Sites.Length;
        while (count > 0 && row.Sites[count - 1] == default)
        {
            count--;
        }

        PolicyException.Require(
            Moments[evaluation].Controls == 0 || !Array.Exists(row.Sites, site => site.Resize is not null),
            "A ControlNet gives what it adds on the network's own grids, and 'deepshrink' computes some on smaller ones at the same time: leave one of them out, or let deepshrink.end be at most the ControlNet's start.");
        return new RowStructure(row.Branches, new EquatableArray<SiteDecision>(row.Sites[..count]), row.Guidance) { Controls = Moments[evaluation].Controls };
    }

    private void Claim(ref string? author, string what)
    {
        PolicyException.Require(author is null || author == _author, $"'{author}' and '{_author}' both decide {what}: leave one of them out.");
        author = _author;
        _deciding.Add(author);
    }

    private sealed class Row(Branches branches, int sites)
    {
        public string? BranchAuthor;

        public Branches Branches { get; set; } = branches;

        public GuidanceForm Guidance { get; set; }

        public bool Refreshed { get; set; }

        public SiteDecision[] Sites { get; } = new SiteDecision[sites];

        public string?[] SiteAuthors { get; } = new string?[sites];

        public string?[] AttentionAuthors { get; } = new string?[AttentionAspects * sites];

        public Dictionary<int, (TileGrid Tiles, int Keys)> Tiles { get; } = [];

        public Dictionary<int, (LayerSite Site, KeyTaps Taps)> Keys { get; } = [];

        public SiteSurvey? Survey { get; set; }

        public bool[]? Reached { get; set; }
    }
}
