namespace IlgpuDiffusion.Acceleration;

/// <summary>When an evaluation takes place.</summary>
/// <param name="Evaluation">Its number among those that are executed: what cadences count.</param>
/// <param name="Step">The index of its step in the whole schedule, of which image to image executes the last ones.</param>
/// <param name="Steps">The steps of the whole schedule.</param>
public readonly record struct Moment(int Evaluation, int Step, int Steps)
{
    /// <summary>Which of the request's ControlNets run then, a bit for each from the lowest on.</summary>
    public int Controls { get; init; }

    /// <summary>The part of the whole schedule that is done before its step, in [0, 1): what windows are said in.</summary>
    public double Progress => (double)Step / Steps;
}
