using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;

namespace IlgpuDiffusion.Requests;

/// <summary>A policy that changes nothing in a run, which whoever asked for it would wait for in vain.</summary>
internal static class IdlePolicy
{
    /// <summary>A sentence about it, with the reasons of its techniques; null where it changes anything, or nothing was asked.</summary>
    public static string? Warning(ResolvedRequest request) => request.Request.Policy is not { Techniques.Count: > 0 } || !IsExact(request)
        ? null : $"the acceleration policy changes nothing here: {string.Join("; ", request.Plans.SelectMany(plan => plan.Notes).Distinct())}.";

    /// <summary>Whether a run computes all that it would without its policy.</summary>
    public static bool IsExact(ResolvedRequest request)
    {
        RowStructure neutral = request.Key.Branches == 2 ? RowStructure.Neutral : RowStructure.Unguided;
        return request.Steps == request.AskedSteps && (request.Request.Policy is not { } policy || DecoderTiling.Of(policy, 1) == default)
            && request.Plans.All(plan => plan.Variants.All(row => row with { Controls = 0 } == neutral));
    }
}
