using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Pipelines;

/// <summary>What the steps of a run took over what was expected of them.</summary>
internal sealed class RunPace
{
    // Steps that compute little say little; times that rest on guesses say how good the guesses are, not how fast the machine is.
    private const double Least = 0.5;

    private readonly double[] _expected;
    private readonly double _least;
    private readonly List<double> _ratios = [];
    private int _steps;

    /// <param name="request">The request.</param>
    /// <param name="components">What is expected of its parts.</param>
    public RunPace(ResolvedRequest request, IReadOnlyList<ComponentExplanation> components)
    {
        _expected = new double[request.Program.StepCount];
        _least = double.PositiveInfinity;

        // Streamed weights are read in every evaluation, and a refiner's are brought in on the way.
        if (request.Key.Streams || request.Handover is not null || components.FirstOrDefault(component => component.VariantOf.Count > 0) is not { } loop)
        {
            return;
        }

        Dictionary<int, ProgramCost> costs = loop.Costs.Where(cost => cost.Variant is not null).ToDictionary(cost => cost.Variant!.Value);
        double all = 0, timed = 0;
        for (int i = 0; i < loop.VariantOf.Count; i++)
        {
            (double seconds, double known) = RunCosts.At(costs[loop.VariantOf[i]], request.Plan, i);
            _expected[request.Program.Evaluations[i].Step - request.Program.FirstStep] += seconds;
            (all, timed) = (all + seconds, timed + known);
        }

        _least = timed >= Least * all ? Math.Max(Least * _expected.Max(), double.Epsilon) : double.PositiveInfinity;
    }

    /// <summary>The median over the steps that compute much, but the first, which touches memory; null where none says anything.</summary>
    public double? Ratio => _ratios.Count == 0 ? null : _ratios.Order().ElementAt((_ratios.Count - 1) / 2);

    /// <summary>Takes in what a step took, the first being 0. Only a request's first pictures are listened to: the last may be fewer.</summary>
    public void StepTook(int step, TimeSpan time)
    {
        if (_steps++ < _expected.Length && step > 0 && _expected[step] >= _least)
        {
            _ratios.Add(time.TotalSeconds / _expected[step]);
        }
    }
}
