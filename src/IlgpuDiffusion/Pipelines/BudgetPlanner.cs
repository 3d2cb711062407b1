using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Costs;
using IlgpuDiffusion.Families;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Of the ways of computing less whose error was measured, the one with the least that keeps to a budget on this device, at this size.</summary>
internal sealed class BudgetPlanner(ModelComponents model, CostModel costs, Func<GenerationRequest, ResolvedRequest> resolve, Func<ResolvedRequest, ResolvedRequest> choose)
{
    // Runs of so few evaluations have nothing that could be foreseen.
    private const int FewEvaluations = 8;

    // Times are not known better.
    private const double Slack = 1.005;

    // Where a way was measured it took such a share of the exact one's time; elsewhere it may take so many times as much or as little, and is weighed.
    private const double Elsewhere = 1.4;

    private readonly VariantCosts _variants = new(model, costs);
    private readonly Lock _lock = new();

    /// <summary>The request with the policy that keeps to its budget.</summary>
    /// <exception cref="RequestException">None does; the message names the best that can be had.</exception>
    public ResolvedRequest Resolve(GenerationRequest request, Func<ResolvedRequest, Frontier> measured)
    {
        AccelerationBudget budget = Checked(request);
        lock (_lock)
        {
            GenerationRequest plain = request with { Budget = null, Policy = null };
            ResolvedRequest exact = resolve(plain);
            Frontier frontier = measured(exact);
            RequireLikeness(budget, frontier);
            Asked asked = new(budget, plain, exact, _variants.Seconds(exact), ExpectedTimes.BesideLoop(choose(exact).Uses(model), costs));
            Way chosen = Choose(asked, frontier) ?? throw NotMet(asked, frontier);
            return chosen.Resolved with
            {
                // Whatever seed was drawn belongs to the request.
                Seed = exact.Seed,
                Choice = ChoiceOf(chosen, asked, frontier),
            };
        }
    }

    private static AccelerationBudget Checked(GenerationRequest request)
    {
        AccelerationBudget budget = request.Budget!;
        if (request.Policy is { IsExact: false })
        {
            throw new RequestException(nameof(GenerationRequest.Budget), "A budget chooses the policy, and a policy is given beside it: leave one of them out.");
        }

        try
        {
            budget.Check();
        }
        catch (PolicyException e)
        {
            throw new RequestException(nameof(GenerationRequest.Budget), e.Message, e);
        }

        return budget;
    }

    private void RequireLikeness(AccelerationBudget budget, Frontier frontier)
    {
        string sampler = frontier.Conditions is null || frontier.NotWith == "this model" ? "" : $" and {frontier.NotWith}";
        RequestChecks.Require(
            budget.Kind != BudgetKind.Decibels || frontier.MeasuredWith is not null, nameof(GenerationRequest.Budget),
            $"A budget of {budget} needs to know how like the exact picture others are, which was not measured with '{model.Parts.Name}'{sampler}: run 'ilgpu-diffusion calibrate' with it once (DiffusionPipeline.CalibrateAsync), or ask for times as fast or seconds, such as 2x or 30s.");
    }

    // Null where nothing keeps to the budget.
    private Way? Choose(Asked asked, Frontier frontier)
    {
        FrontierPoint[] points = PointsFor(asked.Exact, frontier);
        Way exact = new(asked.Exact, asked.Seconds, null);
        if (asked.Budget.Kind == BudgetKind.Decibels)
        {
            FrontierPoint[] like = [.. points.Where(point => point.SurePsnr >= asked.Budget.Value)];
            double least = like.Select(point => point.Cost).DefaultIfEmpty(1).Min();
            return Ways(asked, frontier.InOrder(like.Where(point => point.Cost <= least * Elsewhere * Elsewhere))).Prepend(exact).MinBy(way => way.Seconds);
        }

        // Each way may have programs that are compiled for it: those that are too slow by far are not weighed, and of most budgets only some of the likest.
        double limit = asked.Budget.Kind == BudgetKind.Speed ? asked.Picture / asked.Budget.Value : asked.Budget.Value;
        return Ways(asked, frontier.InOrder(points.Where(point => point.Cost == 0 || ((point.Cost / Elsewhere * asked.Loop) + asked.Beside) / asked.Pictures <= limit))).Prepend(exact)
            .FirstOrDefault(way => way.Seconds / asked.Pictures <= limit * Slack);
    }

    private FrontierPoint[] PointsFor(ResolvedRequest exact, Frontier frontier)
    {
        bool fewer = TakesFewerOnly(exact);
        return [.. frontier.Points.Where(point => point.IsPlain || !(fewer || (point.Guides && exact.Key.Branches == 1)))];
    }

    private RequestException NotMet(Asked asked, Frontier frontier)
    {
        Way fastest = Ways(asked, PointsFor(asked.Exact, frontier)).Append(new Way(asked.Exact, asked.Seconds, null)).MinBy(way => way.Seconds)!;
        string likeness = frontier.MeasuredWith is null || fastest.Point is null ? "" : FormattableString.Invariant($", at about {fastest.Point.Psnr:0} dB");
        return new RequestException(nameof(GenerationRequest.Budget), FormattableString.Invariant(
            $"A budget of {asked.Budget} cannot be met: the fastest way that is known takes {fastest.Seconds / asked.Pictures:0.0##} s for a picture, {asked.Seconds / fastest.Seconds:0.0#} times as fast as exact{likeness}. Ask for less, or take fewer steps, a smaller picture or a sampler with one evaluation a step."));
    }

    private AccelerationChoice ChoiceOf(Way chosen, Asked asked, Frontier frontier)
    {
        AccelerationPolicy policy = chosen.Resolved.Request.Policy ?? AccelerationPolicy.Exact;
        double? psnr = chosen.Point is null ? double.PositiveInfinity : frontier.MeasuredWith is null ? null : chosen.Point.Psnr;
        return new AccelerationChoice(asked.Budget, policy, chosen.Seconds / asked.Pictures, asked.Picture, psnr)
        {
            PsnrSpread = frontier.MeasuredWith is null ? null : chosen.Point?.Spread,
            IsCalibrated = frontier.IsCalibrated,
            MeasuredWith = frontier.Basis(chosen.Point),
            Does = Words(chosen, asked.Exact),
        };
    }

    /// <summary>Whether a run is given fewer steps and nothing else.</summary>
    public bool TakesFewerOnly(ResolvedRequest exact) => Distilled(exact) is not null || exact.Key.Evaluations <= FewEvaluations;

    // Why a model or sampler was distilled to few steps, or draws its way anew in each, so that nothing of a step says what the next one predicts; null where that is not so.
    private string? Distilled(ResolvedRequest exact) =>
        exact.Program.Schedule.Rule == LevelRule.Consistency ? $"the sampler {exact.Sampler.Label} is given no cache" : model.Parts.Scheduler.IsFewStep ? "models that were distilled to few steps are given no cache" : null;

    private IEnumerable<Way> Ways(Asked asked, IEnumerable<FrontierPoint> points)
    {
        Dictionary<double, int> evaluations = [];
        return points.Select(point => Weigh(point, asked, evaluations)).OfType<Way>();
    }

    // Null for what this network or this run does not allow.
    private Way? Weigh(FrontierPoint point, Asked asked, Dictionary<double, int> evaluations)
    {
        try
        {
            if (!evaluations.TryGetValue(point.Steps, out int count))
            {
                evaluations[point.Steps] = count = resolve(asked.Plain with { Policy = new() { Steps = point.Steps } }).Key.Evaluations;
            }

            ResolvedRequest resolved = resolve(asked.Plain with { Policy = point.For(count) });
            return new Way(resolved, _variants.Seconds(resolved) + asked.Beside, point);
        }
        catch (Exception e) when (e is RequestException or PolicyException)
        {
            return null;
        }
    }

    private string Words(Way way, ResolvedRequest exact)
    {
        ResolvedRequest resolved = way.Resolved;
        List<string> words = [];
        if (resolved == exact)
        {
            return "everything is computed";
        }

        if (resolved.Steps != exact.Steps)
        {
            words.Add($"{resolved.Steps} of {exact.Steps} steps{(way.Point is { IsPlain: false } ? "" : Distilled(exact) is { } distilled ? $" and nothing else: {distilled}" : exact.Key.Evaluations <= FewEvaluations ? $" and nothing else: runs of at most {FewEvaluations} evaluations are given no cache" : " and nothing else, which loses least here")}");
        }

        int recalled = resolved.Plan.Sites.Count == 0 ? 0 : resolved.Plan.VariantOf.Count(variant => resolved.Plan.Sites.Any(site => resolved.Plan.Variants[variant][site].Action == SiteAction.Recall));
        if (recalled > 0)
        {
            words.Add($"{recalled} of {resolved.Key.Evaluations} evaluations foreseen in part or whole");
        }

        int single = resolved.Plan.VariantOf.Count(variant => resolved.Plan.Variants[variant].Branches != Branches.Both);
        if (exact.Key.Branches == 2 && single > 0)
        {
            words.Add($"{single} of {resolved.Key.Evaluations} evaluations in one branch");
        }

        return words.Count > 0 ? string.Join(", ", words) : resolved.Request.Policy!.ToJson();
    }

    // What a budget is asked for: the request without it, and the seconds that the exact one's evaluations and the rest of it take.
    private sealed record Asked(AccelerationBudget Budget, GenerationRequest Plain, ResolvedRequest Exact, double Loop, double Beside)
    {
        public int Pictures => Plain.BatchCount;

        public double Seconds => Loop + Beside;

        public double Picture => Seconds / Pictures;
    }

    // The point is null for the exact request.
    private sealed record Way(ResolvedRequest Resolved, double Seconds, FrontierPoint? Point);
}
