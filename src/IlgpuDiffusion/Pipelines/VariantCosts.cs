using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Pipelines;

/// <summary>What evaluations of a structure take: plans of one size share structures, so that few are compiled however many plans are weighed.</summary>
internal sealed class VariantCosts(ModelComponents model, CostModel costs)
{
    private readonly Dictionary<(bool Refiner, EvaluationKey Form, RowStructure Row), ProgramCost> _seconds = [];

    // Of the stages in front of a run, which depend on the branches alone that its evaluations run: each set of them takes its part of the text.
    private readonly Dictionary<(bool Refiner, EvaluationKey Form, int Branches), double> _begin = [];
    private (int, double) _rates;

    /// <summary>Seconds of all runs of a request, from their own stages to the last evaluation, a refiner's too.</summary>
    public double Seconds(ResolvedRequest request)
    {
        if (_rates != (costs.Rates.Version, costs.Factor))
        {
            _seconds.Clear();
            _begin.Clear();
            _rates = (costs.Rates.Version, costs.Factor);
        }

        return (Seconds(request.Key, request.Plan, refiner: false) + (request.Handover is { } next ? Seconds(next.Key, next.Plan, refiner: true) : 0)) * request.Groups;
    }

    private double Seconds(EvaluationKey key, AccelerationPlan plan, bool refiner)
    {
        EvaluationKey form = key with { Evaluations = 1, Variants = default };
        (bool, EvaluationKey, int) begin = (refiner, form, plan.Variants.Aggregate(0, (set, row) => set | (1 << (int)row.Branches)));
        if (!_begin.ContainsKey(begin) || plan.Variants.Any(row => !_seconds.ContainsKey((refiner, form, row))))
        {
            Executable executable = (refiner ? model.Refiner! : model).Denoiser.Use(key, model.Runner.Type).Parts[0].Executable;
            IReadOnlyList<ProgramCost> programs = costs.Of(executable);
            _begin.TryAdd(begin, programs.Where(cost => cost.Variant is null).Sum(cost => cost.Seconds));
            foreach (ProgramCost cost in programs.Where(cost => cost.Variant is not null))
            {
                _seconds[(refiner, form, plan.Variants[cost.Variant!.Value])] = cost;
            }
        }

        return _begin[begin] + plan.VariantOf.Index().Sum(at => RunCosts.At(_seconds[(refiner, form, plan.Variants[at.Item])], plan, at.Index).Seconds);
    }
}
