using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;

namespace IlgpuDiffusion.Requests;

/// <summary>A policy that changes nothing in a run, which whoever asked for it would wait for in vain.</summary>
internal static class IdlePolicy
{
    /// <summary>A sentence about it, with the reasons of its techniques; null where it changes anything, or nothing was asked.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="plan">What came of it.</param>
    /// <param name="guided">Whether both branches run without it.</param>
    /// <param name="takesFewerSteps">Whether fewer steps than asked for are taken.</param>
    public static string? Warning(AccelerationPolicy? policy, AccelerationPlan plan, bool guided, bool takesFewerSteps)
    {
        RowStructure neutral = guided ? RowStructure.Neutral : RowStructure.Unguided;
        return policy is null || policy.Techniques.Count == 0 || takesFewerSteps || DecoderTiling.Of(policy, 1) != default || plan.Variants.Any(row => row with { Controls = 0 } != neutral)
            ? null : $"the acceleration policy changes nothing here: {string.Join("; ", plan.Notes)}.";
    }
}
