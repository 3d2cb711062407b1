using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Costs;

namespace IlgpuDiffusion.Pipelines;

/// <summary>What the programs of a component take in a run.</summary>
internal static class RunCosts
{
    /// <summary>One evaluation, with the tiles that are drawn for it.</summary>
    public static (double Seconds, double Timed) At(ProgramCost cost, AccelerationPlan plan, int evaluation) => cost.Over(name => plan.Numbers.Row<int>(name, evaluation));

    /// <summary>A whole run: its own stages once, and every evaluation.</summary>
    /// <param name="programs">What each program takes.</param>
    /// <param name="plan">What each evaluation does; null of a component that has none.</param>
    public static (double Seconds, double Timed) Of(IReadOnlyList<ProgramCost> programs, AccelerationPlan? plan)
    {
        (double seconds, double timed) = (0, 0);
        void Add((double Seconds, double Timed) one) => (seconds, timed) = (seconds + one.Seconds, timed + one.Timed);
        foreach (ProgramCost cost in programs)
        {
            if (cost.Variant is null || plan is null)
            {
                Add((cost.Seconds, cost.Timed));
                continue;
            }

            for (int i = 0; i < plan.VariantOf.Count; i++)
            {
                if (plan.VariantOf[i] == cost.Variant)
                {
                    Add(At(cost, plan, i));
                }
            }
        }

        return (seconds, timed);
    }
}
