namespace IlgpuDiffusion.Acceleration;

/// <summary>Parts of the schedule, as fractions of all its steps.</summary>
internal static class Window
{
    public static bool Contains(Moment moment, double start, double end) => moment.Progress >= start && (moment.Progress < end || end >= 1);

    /// <summary>Notes where no evaluation lies within; the technique's settings are start and end.</summary>
    public static void Note(PlanDraft draft, double start, double end)
    {
        if (!draft.Moments.Any(moment => Contains(moment, start, end)))
        {
            Moment nearest = draft.Moments.MinBy(moment => Math.Min(Math.Abs(moment.Progress - start), Math.Abs(moment.Progress - end)));
            draft.Note(FormattableString.Invariant($"no evaluation begins within {start} to {end} of the schedule ('start', 'end'); the nearest of {draft.Moments.Count} begins at {nearest.Progress:0.###}"));
        }
    }

    /// <exception cref="PolicyException">A bound is outside 0 … 1, or they are in the wrong order.</exception>
    public static void Check(string technique, double start, double end)
    {
        PolicyException.Require(start is >= 0 and <= 1, $"{technique}.start must be a fraction of the schedule from 0 to 1; it is {start}.");
        PolicyException.Require(end is >= 0 and <= 1, $"{technique}.end must be a fraction of the schedule from 0 to 1; it is {end}.");
        PolicyException.Require(start <= end, $"{technique}.start is {start} and {technique}.end {end}: it must not start after its end.");
    }
}
