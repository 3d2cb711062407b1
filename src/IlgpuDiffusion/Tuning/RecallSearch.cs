namespace IlgpuDiffusion.Tuning;

/// <summary>Which evaluations are best computed, if so many may be: all at first, less the one that is missed least, again and again; and of each number exchanged one for another as long as that helps.</summary>
internal sealed class RecallSearch(RecallError error)
{
    // Each sweep tries every exchange; later ones find little.
    private const int Sweeps = 3;

    /// <summary>The best schedules found of some numbers of computed evaluations, with the error that is expected of each.</summary>
    /// <param name="evaluations">The evaluations of the run.</param>
    /// <param name="counts">How many may be computed.</param>
    /// <param name="cancellation">Observed between schedules.</param>
    public IReadOnlyList<(bool[] Computed, double Error)> Find(int evaluations, IReadOnlyCollection<int> counts, CancellationToken cancellation)
    {
        List<(bool[], double)> found = [];
        bool[] computed = [.. Enumerable.Repeat(true, evaluations)];
        for (int count = evaluations - 1; count >= Math.Max(2, counts.DefaultIfEmpty(evaluations).Min()); count--)
        {
            cancellation.ThrowIfCancellationRequested();

            // The first one has nothing to be foreseen from.
            int least = Enumerable.Range(1, evaluations - 1).Where(e => computed[e]).MinBy(e => Exchanged(computed, e, e));
            computed[least] = false;
            if (counts.Contains(count))
            {
                computed = Improve(computed, cancellation);
                found.Add(([.. computed], error.Of(computed)));
            }
        }

        return found;
    }

    private bool[] Improve(bool[] computed, CancellationToken cancellation)
    {
        double best = error.Of(computed);
        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            bool better = false;
            for (int from = 1; from < computed.Length; from++)
            {
                cancellation.ThrowIfCancellationRequested();
                for (int to = 1; to < computed.Length && computed[from]; to++)
                {
                    if (!computed[to] && Exchanged(computed, from, to) is var changed && changed < best)
                    {
                        (computed[from], computed[to], best, better) = (false, true, changed, true);
                    }
                }
            }

            if (!better)
            {
                break;
            }
        }

        return computed;
    }

    private double Exchanged(bool[] computed, int from, int to)
    {
        bool[] changed = [.. computed];
        (changed[from], changed[to]) = (false, from != to);
        return error.Of(changed);
    }
}
