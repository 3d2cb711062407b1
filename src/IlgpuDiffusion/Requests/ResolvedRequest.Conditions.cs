using IlgpuDiffusion.Families;
using IlgpuDiffusion.Tuning;
using static System.FormattableString;

namespace IlgpuDiffusion.Requests;

internal sealed partial record ResolvedRequest
{
    /// <summary>With what its pictures would be measured.</summary>
    /// <param name="parts">The model.</param>
    public CalibrationConditions Conditions(ModelParts parts) => new(Sampler.Label, Sampler.ScheduleLabel, parts.Scheduler.Prediction.ToString(), AskedSteps, Width, Height, CfgScale)
    {
        Moves = Moves(parts),
        Settings = Words(Request.Shift is { } shift ? Invariant($"shift {shift:0.###}") : null, Request.Eta is { } eta ? Invariant($"eta {eta:0.###}") : null),
        Beside = Words(
            StartsAtPicture ? Invariant($"a start picture at strength {Request.Strength:0.##}") : null,
            Request.Mask is null ? null : "a mask",
            BranchScale != 1 && Request.CfgRescale > 0 ? Invariant($"guidance rescaled by {Request.CfgRescale:0.##}") : null,
            Request.TrueCfgScale == 1 ? null : Invariant($"true guidance {Request.TrueCfgScale:0.##}"),
            Request.ControlNets.Count switch { 0 => null, 1 => "a ControlNet", int several => Invariant($"{several} ControlNets") },
            Handover is null ? null : Invariant($"a refiner from {Request.RefinerStart:0.##}")),
    };

    // Of the whole schedule, at one number of steps and one size: what is asked for beside the sampler's name, and what the model's files say of it.
    private string Moves(ModelParts parts) => SamplerFingerprint.Of(
        ResolvedSampler.Resolve(Request with { InitImage = null }, Shifted(Request, parts).For(SamplerFingerprint.Tokens), Math.Min(SamplerFingerprint.Steps, parts.Scheduler.TrainingSteps - 1), parts.Family.Sampler).Program);

    private static string? Words(params string?[] words) => words.All(word => word is null) ? null : string.Join(", ", words.OfType<string>());
}
