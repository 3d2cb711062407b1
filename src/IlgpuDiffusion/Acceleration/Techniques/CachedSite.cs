using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>What a cache does at one site, evaluation by evaluation.</summary>
internal sealed class CachedSite(Cache cache, PlanDraft draft, LayerSite site, LayerSite? from)
{
    // Of the site, and of the one to which the difference is kept; and which ControlNets run, with which values are others as well.
    private readonly record struct Grids(Grid Own, Grid? From, int Controls);

    private readonly record struct Visit(int Evaluation, Branches Branches, Grids Grids, bool Computes);

    // Values of equal branches on equal grids and with equal ControlNets, each computed after the other. In fewer branches it goes on from an earlier one, whose values are its first.
    private sealed class History(Branches branches, Grids grids, History? earlier = null)
    {
        public Branches Branches => branches;

        public Grids Grids => grids;

        public History? Earlier => earlier;

        public List<int> Computed { get; } = [.. earlier?.Computed ?? []];

        public int Own { get; } = earlier?.Computed.Count ?? 0;

        public List<(int Evaluation, int Known)> Recalled { get; } = [];

        // Which of the computed values are read, by number, and where and in which branches they are kept.
        public HashSet<int> Read { get; } = [];

        public Branches Held { get; set; }

        public int Slot { get; set; }
    }

    /// <summary>Decides; returns whether anything is recalled.</summary>
    /// <param name="computed">For every evaluation, whether it is its turn to compute.</param>
    public bool Plan(bool[] computed)
    {
        List<Visit> visits = Visits(computed);
        List<History> histories = [];
        for (int i = 0, end; i < visits.Count; i = end)
        {
            // What is kept on one grid does not stand for another.
            end = visits.FindIndex(i, visit => visit.Grids != visits[i].Grids) is >= 0 and var next ? next : visits.Count;
            histories.AddRange(Histories(visits[i..end]));
        }

        Write(histories);
        return histories.Any(history => history.Recalled.Count > 0);
    }

    // Recalled is what was computed last, where that was in all branches that run, on their grids.
    private List<Visit> Visits(bool[] computed)
    {
        List<Visit> visits = [];
        Visit? last = null;
        bool due = false;
        for (int e = 0; e < computed.Length; e++)
        {
            due |= computed[e] || draft.IsRefreshed(e);
            if (!draft.Reaches(e, site))
            {
                // What is not computed when it is its turn is computed as soon as it is reached.
                continue;
            }

            Branches branches = draft.BranchesAt(e);

            // What attention gave may be what the text said, which is not read again behind a gate: it goes on with other ControlNets.
            int controls = cache.Where is AttentionOutput ? 0 : draft.Moments[e].Controls;
            Grids grids = new(draft.At(e, site).Grid, from is { } earlier ? draft.At(e, earlier).Grid : null, controls);
            bool computes = due || last is not { } known || (known.Branches & branches) != branches || known.Grids != grids;
            Visit visit = new(e, branches, grids, computes);
            visits.Add(visit);
            (last, due) = computes ? (visit, false) : (last, due);
        }

        return visits;
    }

    // Where all that recall run the same branches, there is one history, of all that computed those. Else it is a new one where other branches are computed than before.
    private static IEnumerable<History> Histories(List<Visit> visits)
    {
        Branches[] readers = [.. visits.Where(visit => !visit.Computes).Select(visit => visit.Branches).Distinct()];
        History? last = readers is [var only] ? new History(only, visits[0].Grids) : null;
        if (last is not null)
        {
            yield return last;
        }

        foreach (Visit visit in visits)
        {
            if (!visit.Computes)
            {
                last!.Recalled.Add((visit.Evaluation, last.Computed.Count));
                continue;
            }

            if (readers.Length != 1 && last?.Branches != visit.Branches)
            {
                last = new History(visit.Branches, visit.Grids, last is not null && (last.Branches & visit.Branches) == visit.Branches ? last : null);
                yield return last;
            }

            if ((visit.Branches & last!.Branches) == last.Branches)
            {
                last.Computed.Add(visit.Evaluation);
            }
        }
    }

    private void Write(IReadOnlyList<History> histories)
    {
        // The last first: what they read of earlier ones, those keep.
        foreach (History history in histories.Reverse())
        {
            history.Read.UnionWith(history.Recalled.SelectMany(recall => Enumerable.Range(0, recall.Known).TakeLast(cache.How.Sums ? recall.Known : cache.How.Slots)));
            history.Earlier?.Read.UnionWith(history.Read.Where(value => value < history.Own));
        }

        Dictionary<(Branches, Grid), int> slots = [];
        foreach (History history in histories.Where(history => history.Read.Count > 0))
        {
            // Where only one branch is read of two, only what is read is kept.
            Branches[] readers = [.. history.Recalled.Select(recall => draft.BranchesAt(recall.Evaluation)).Concat(histories.Where(other => other.Earlier == history && other.Read.Any(value => value < other.Own)).Select(other => other.Branches)).Distinct()];
            history.Held = readers is [var only] ? only : history.Branches;
            if (!slots.TryGetValue((history.Held, history.Grids.Own), out int slot))
            {
                slots[(history.Held, history.Grids.Own)] = slot = draft.TakeSlots(cache.How.Slots);
            }

            history.Slot = slot;
            Write(history);
        }
    }

    private void Write(History history)
    {
        // On a smaller grid the two may differ, and nothing can be subtracted.
        int? difference = history.Grids.From == history.Grids.Own ? from?.Index : null;
        SiteDecision decision = new(SiteAction.Keep, history.Slot, difference) { More = cache.How.Slots - 1, Held = history.Held, Reduction = cache.Branches };
        bool begun = history.Read.Any(value => value < history.Own);
        int? earlier = begun && history.Earlier!.Slot != history.Slot ? history.Earlier.Slot : null;
        foreach (int value in history.Read.Where(value => value >= history.Own).Order())
        {
            Keep(history.Computed[value], decision with { Earlier = earlier }, begun);
            (begun, earlier) = (true, null);
        }

        foreach ((int e, int known) in history.Recalled)
        {
            Recall(e, decision with { Action = SiteAction.Recall }, [.. history.Computed.Take(known).Where((_, value) => history.Read.Contains(value)).Select(Time)]);
        }
    }

    private void Keep(int e, SiteDecision decision, bool begun)
    {
        if (cache.How.Sums)
        {
            draft.Set<float>(e, site, "basis", [.. cache.How.Basis(Time(e)).SelectMany(factor => (float[])[(float)factor, 1])]);
        }

        draft.Decide(e, site, decision with
        {
            // One slot is written in one way, so that its evaluations share a variant.
            Update = cache.How.Sums ? (begun ? SlotUpdate.Accumulate : SlotUpdate.Project) : begun && decision.More > 0 ? SlotUpdate.Shift : SlotUpdate.Fill,
            Earlier = decision.More > 0 ? decision.Earlier : null,
        });
    }

    private void Recall(int e, SiteDecision decision, IReadOnlyList<double> known)
    {
        if (decision.More > 0)
        {
            draft.Set<float>(e, site, "mix", [.. cache.How.Coefficients(known, Time(e)).Select(c => (float)c)]);
        }

        draft.Decide(e, site, decision);
    }

    private double Time(int e) => (2.0 * e / draft.Moments.Count) - 1;
}
