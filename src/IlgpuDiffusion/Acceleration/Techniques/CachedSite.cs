using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Acceleration;

/// <summary>What a cache does at one site, evaluation by evaluation.</summary>
internal sealed class CachedSite(Cache cache, PlanDraft draft, LayerSite site, LayerSite? from)
{
    // A history: values of equal branches on equal grids and with equal ControlNets, each computed after the other. What is kept for others begins a new one.
    private sealed record History(Branches Branches, Grids Grids, int Controls, List<int> Computed, List<(int Evaluation, int Known)> Recalled);

    // Of the site, and of the one to which the difference is kept.
    private readonly record struct Grids(Grid Own, Grid? From);

    public void Plan(bool[] computed)
    {
        List<History> histories = [];
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
            Grids grids = new(draft.At(e, site).Grid, from is { } earlier ? draft.At(e, earlier).Grid : null);

            // What attention gave may be what the text said, which is not read again behind a gate: it goes on.
            int controls = cache.Where is AttentionOutput ? 0 : draft.Moments[e].Controls;
            History? last = histories.Count > 0 ? histories[^1] : null;
            bool goesOn = last is not null && last.Grids == grids && last.Controls == controls;
            if (!due && goesOn && (last!.Branches & branches) == branches)
            {
                last.Recalled.Add((e, last.Computed.Count));
                continue;
            }

            if (!goesOn || last!.Branches != branches)
            {
                histories.Add(last = new History(branches, grids, controls, [], []));
            }

            last.Computed.Add(e);
            due = false;
        }

        Dictionary<(Branches, Grid), int> slots = [];
        foreach (History history in histories.Where(history => history.Recalled.Count > 0))
        {
            Write(history, slots);
        }
    }

    private void Write(History history, Dictionary<(Branches, Grid), int> slots)
    {
        // Where only one branch is read of two, only what is read is kept.
        Branches[] readers = [.. history.Recalled.Select(recall => draft.BranchesAt(recall.Evaluation)).Distinct()];
        Branches held = readers is [var only] ? only : history.Branches;
        if (!slots.TryGetValue((held, history.Grids.Own), out int slot))
        {
            slots[(held, history.Grids.Own)] = slot = draft.TakeSlots(cache.How.Slots);
        }

        // On a smaller grid the two may differ, and nothing can be subtracted.
        int? difference = history.Grids.From == history.Grids.Own ? from?.Index : null;
        SiteDecision decision = new(SiteAction.Keep, slot, difference) { More = cache.How.Slots - 1, Held = held, Reduction = cache.Branches };
        int last = history.Recalled[^1].Known;
        HashSet<int> read = [.. history.Recalled.SelectMany(recall => Enumerable.Range(0, recall.Known).TakeLast(cache.How.Sums ? recall.Known : cache.How.Slots))];
        bool begun = false;
        for (int i = 0; i < last; i++)
        {
            if (read.Contains(i))
            {
                Keep(history.Computed[i], decision, begun);
                begun = true;
            }
        }

        foreach ((int e, int known) in history.Recalled)
        {
            Recall(e, decision with { Action = SiteAction.Recall }, [.. history.Computed.Take(known).Where((_, i) => read.Contains(i)).Select(Time)]);
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
