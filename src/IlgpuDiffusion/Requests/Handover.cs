using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;

namespace IlgpuDiffusion.Requests;

/// <summary>What a request runs of a refiner, which takes over from the model on the way.</summary>
/// <param name="Evaluation">The first evaluation that it makes.</param>
/// <param name="Key">The form of its evaluations.</param>
/// <param name="Plan">What each of them does.</param>
/// <param name="Prompts">The prompts as its text encoder takes them; the texts of the steps are those of the model's.</param>
internal sealed record Handover(int Evaluation, EvaluationKey Key, AccelerationPlan Plan, PromptTimeline Prompts);
