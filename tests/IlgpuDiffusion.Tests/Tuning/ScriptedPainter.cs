using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Tuning;

namespace IlgpuDiffusion.Tests.Tuning;

/// <summary>A calibration's painter whose pictures take a time, and are as like exact ones, as is given; and the time that it has taken.</summary>
internal sealed class ScriptedPainter(double seconds) : TimeProvider, ICalibrationPainter
{
    public const int Evaluations = 12;

    private double _now;

    /// <summary>What was painted, exact pictures left out.</summary>
    public List<(int Picture, FrontierPoint Way)> Painted { get; } = [];

    /// <summary>Called before each picture with how many were painted.</summary>
    public Action<int> Before { get; init; } = _ => { };

    public double Seconds => _now;

    public double Beside => 0.1;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => (long)(_now * TimestampFrequency);

    public FrontierPoint Costed(FrontierPoint way) =>
        way with { Cost = Math.Round(way.Steps * (way.Pattern.Length == 0 ? 1 : (double)way.Pattern.Count(sign => sign == RecallPattern.Computes) / way.Pattern.Length) * (way.Policy is null ? 1 : 0.9), 3) };

    public bool Allows(FrontierPoint way) => true;

    public RecordedRun Exact(int picture)
    {
        Before(Painted.Count);
        _now += seconds;
        return Recorded(picture, Evaluations);
    }

    public Painted Paint(int picture, FrontierPoint way)
    {
        Before(Painted.Count);
        FrontierPoint costed = Costed(way);
        _now += seconds * (costed.Cost + Beside) / (1 + Beside);
        Painted.Add((picture, way));

        // Whatever picture, a way is a little better or worse than its cost lets expect; and another a little for each picture.
        int kind = (way.Pattern + way.Policy + way.Steps).Sum(sign => sign) % 7;
        return new Painted(30 + (30 * costed.Cost) + kind + ((kind + picture) % 3), 1e-3, Recorded(picture, (int)Math.Round(Evaluations * way.Steps)));
    }

    private static RecordedRun Recorded(int picture, int evaluations)
    {
        SamplingProgram program = SamplerCatalogue.Plan(new SchedulerConfig(), new SamplingRequest { Sampler = "ddim", Steps = evaluations });
        RecordedRun run = new(program);
        foreach (Evaluation evaluation in program.Evaluations)
        {
            float value = (float)Math.Sin((3 + picture) * (double)evaluation.Index / evaluations);
            float[] noisy = [0.5f, -0.25f];
            run.Add(evaluation.Index, noisy, [.. noisy.Select((x, i) => (float)((evaluation.Scalars.CSkip * x) + (evaluation.Scalars.COut * value * (i + 1))))]);
        }

        return run;
    }
}
