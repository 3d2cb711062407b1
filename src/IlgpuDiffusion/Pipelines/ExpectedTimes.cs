using IlgpuDiffusion.Components;
using IlgpuDiffusion.Costs;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Where the time of a request is expected to go.</summary>
internal static class ExpectedTimes
{
    /// <summary>Seconds of what a request runs beside the loop of evaluations.</summary>
    public static double BesideLoop(IReadOnlyList<ComponentUse> uses, CostModel costs) =>
        uses.Where(use => !use.Denoises).Sum(use => use.Runs * use.Parts.Sum(part => part.Runs * costs.Of(part.Executable).Sum(cost => cost.Seconds)));

    /// <param name="components">The parts, in the order in which they run: what is in front of the loop, the loop, what is behind it.</param>
    /// <returns>The times, and the part of them that rests on launches which were measured as they are.</returns>
    public static (GenerationTimes Times, double MeasuredShare) Of(IReadOnlyList<ComponentExplanation> components)
    {
        int loop = components.Select((component, i) => (component, i)).First(pair => pair.component.VariantOf.Count > 0).i;
        TimeSpan Sum(IEnumerable<ComponentExplanation> parts) => parts.Aggregate(TimeSpan.Zero, (sum, part) => sum + part.Expected);
        double timed = components.Sum(component => component.Timed);
        TimeSpan all = Sum(components);
        return (new GenerationTimes(Sum(components.Take(loop)), Sum(components.Where(component => component.VariantOf.Count > 0)), Sum(components.Skip(loop + 1).Where(component => component.VariantOf.Count == 0))), all > TimeSpan.Zero ? Math.Min(1, timed / all.TotalSeconds) : 0);
    }
}
