using IlgpuDiffusion.Components;

namespace IlgpuDiffusion.Requests;

/// <summary>Prompts that change while a picture is painted.</summary>
/// <param name="Texts">The different texts, of equally many chunks; the first is that of the first step.</param>
/// <param name="TextOfStep">Which of them each step that is run takes; steps beyond take the last.</param>
internal sealed record PromptTimeline(IReadOnlyList<ConditioningPlan> Texts, IReadOnlyList<int> TextOfStep)
{
    /// <summary>Which text a step takes.</summary>
    public int At(int step) => TextOfStep[Math.Min(step, TextOfStep.Count - 1)];

    /// <summary>The texts of every step as the conditioner takes them.</summary>
    /// <param name="steps">The steps of the whole schedule, in which the prompts count.</param>
    /// <param name="prompts">The prompts' texts at every step, by <see cref="Text.PromptSchedule"/>: the same prompts in each.</param>
    /// <param name="plan">Plans texts, of at least so many chunks.</param>
    /// <exception cref="FormatException">As <see cref="IConditioner.Plan"/>.</exception>
    public static PromptTimeline Of(int steps, IReadOnlyList<IReadOnlyList<string>> prompts, Func<IReadOnlyList<string>, int, ConditioningPlan> plan)
    {
        List<string[]> different = [];
        int[] textOfStep = new int[steps];
        for (int step = 0; step < steps; step++)
        {
            string[] texts = [.. prompts.Select(prompt => prompt[step])];
            textOfStep[step] = different.FindIndex(known => known.SequenceEqual(texts));
            if (textOfStep[step] < 0)
            {
                textOfStep[step] = different.Count;
                different.Add(texts);
            }
        }

        ConditioningPlan[] plans = [.. different.Select(texts => plan(texts, 0))];
        int chunks = plans.Max(Chunks);
        return new PromptTimeline([.. plans.Select((p, i) => Chunks(p) == chunks ? p : plan(different[i], chunks))], textOfStep);
    }

    private static int Chunks(ConditioningPlan plan) => plan.Prompts.Max(texts => texts.Max(text => text.Chunks.Count));
}
