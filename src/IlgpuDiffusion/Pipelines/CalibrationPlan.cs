namespace IlgpuDiffusion.Pipelines;

/// <summary>What a calibration does in its time, in exact pictures' worth of work.</summary>
/// <param name="Pictures">Pictures that ways which lose little are held against.</param>
/// <param name="Probes">Places along the run at which it is measured how errors grow: without them no schedules are searched.</param>
/// <param name="Later">What is kept back for all pictures but the first.</param>
/// <param name="FewerOnly">Whether nothing but fewer steps is of use.</param>
internal sealed record CalibrationPlan(int Pictures, int Probes, double Later, bool FewerOnly)
{
    /// <summary>What is painted for one picture where there is time for all, with papercut.</summary>
    public double Whole => FewerOnly ? Fewer * Pictures : 55 + Probes + Later;

    /// <summary>The least that is of use: an exact picture, some of fewer steps, and some ways that are known to be good elsewhere.</summary>
    public const double Least = 4.5;

    // What the race comes to for each further picture: the exact one and some thirty ways, measured with papercut.
    private const double Further = 15;

    // So much work for each picture.
    private const double Share = 25;

    // Before anything is searched, and for each place that is probed beside what is searched with it.
    private const double Before = 6, Probe = 3.5;

    // An exact picture and all of fewer steps.
    private const double Fewer = 5;
    private const int LeastProbes = 3, MostProbes = 12;

    /// <summary>The plan for so much work.</summary>
    /// <param name="worth">The work; infinite for all that there is.</param>
    /// <param name="pictures">The pictures at most.</param>
    /// <param name="fewerOnly">Whether nothing but fewer steps is of use.</param>
    public static CalibrationPlan Of(double worth, int pictures, bool fewerOnly)
    {
        if (fewerOnly)
        {
            return new CalibrationPlan((int)Math.Clamp(worth / Fewer, 1, pictures), 0, 0, true);
        }

        int planned = (int)Math.Clamp(worth / Share, 1, pictures);
        double later = Further * (planned - 1);
        int probes = (int)Math.Clamp((worth - later - Before) / Probe, 0, MostProbes);
        return new CalibrationPlan(planned, probes < LeastProbes ? 0 : probes, later, false);
    }
}
