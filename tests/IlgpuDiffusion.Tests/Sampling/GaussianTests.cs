using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Sampling;

/// <summary>For normally distributed pictures the best denoiser is known, and the path from noise to picture has a closed form.</summary>
[TestClass]
public sealed class GaussianTests
{
    private const double Deviation = 0.7;

    private static readonly SchedulerConfig Config = new() { Trained = BetaNoise.StableDiffusion, StepsOffset = 1, AlphaToOne = false };

    public static IEnumerable<object[]> Deterministic => SamplerCatalogue.Samplers.Where(entry => !entry.Id.Contains("sde", StringComparison.Ordinal) && !entry.Id.EndsWith("ancestral", StringComparison.Ordinal) && entry.Id is not ("lcm" or "tcd")).Select(entry => new object[] { entry.Id });

    [TestMethod]
    [DynamicData(nameof(Deterministic))]
    public void DeterministicSamplersFollowTheKnownPath(string id)
    {
        foreach (Prediction prediction in (Prediction[])[Prediction.Epsilon, Prediction.Velocity])
        {
            // A last σ of the first training step: the end is then on the path for every sampler.
            SchedulerConfig config = Config with { Prediction = prediction, EndsAtSigmaMin = true };
            double error = Error(config, SamplerCatalogue.Resolve(id).Entry.Create(config, null), steps: 100);
            Assert.IsLessThan(0.03, error, $"{id}, {prediction}");
        }
    }

    [TestMethod]
    public void AncestralSamplersWithoutNoiseFollowTheKnownPath()
    {
        Assert.IsLessThan(0.03, Error(Config, new EulerAncestral { Eta = 0 }, steps: 100));
        Assert.IsLessThan(0.003, Error(Config, new DpmSinglestepAncestral { Eta = 0 }, steps: 100));
        Assert.IsLessThan(0.03, Error(Config with { DistilledSteps = 100 }, new Tcd { Gamma = 0 }, steps: 100));
    }

    [TestMethod]
    [DataRow("ddim")]
    [DataRow("euler")]
    [DataRow("heun")]
    [DataRow("dpmpp_2m")]
    [DataRow("uni_pc")]
    public void ZeroSignalAtTheStartIsFollowedToo(string id)
    {
        SchedulerConfig config = Config with { Prediction = Prediction.Velocity, Trained = BetaNoise.StableDiffusion with { ZeroTerminalSnr = true }, Spacing = TimestepSpacing.Trailing };
        Assert.IsLessThan(0.05, Error(config, SamplerCatalogue.Resolve(id).Entry.Create(config, null), steps: 100));
    }

    [TestMethod]
    public void RungeKuttaStartOfPndmFollowsTheKnownPath()
    {
        // Every sample of the warm-up is a step, so that the run is longer than was asked for.
        Pndm sampler = new() { SkipPrkSteps = false };
        NoiseSchedule schedule = NoiseSchedule.Create(Config, sampler, 100);
        Assert.HasCount(12 + 97 + 1, schedule.Levels);
        Assert.IsLessThan(0.01, Error(Config, sampler, steps: 100));
        Assert.ThrowsExactly<ArgumentException>(() => NoiseSchedule.Create(Config, sampler, 3));
    }

    [TestMethod]
    public void HigherOrdersAreNearerToTheKnownPath()
    {
        SchedulerConfig config = Config with { EndsAtSigmaMin = true };
        double first = Error(config, new DpmMultistep { Order = 1, LowerOrderFinal = false }, 30);
        double second = Error(config, new DpmMultistep { Order = 2, LowerOrderFinal = false }, 30);
        double third = Error(config, new DpmMultistep { Order = 3, LowerOrderFinal = false }, 30);
        Assert.IsLessThan(first, second);
        Assert.IsLessThan(second, third);
    }

    private static double Error(SchedulerConfig config, ISampler sampler, int steps)
    {
        NoiseSchedule schedule = NoiseSchedule.Create(config, sampler, steps);
        SamplingProgram program = SamplingProgram.Trace(sampler, schedule);
        NoiseLevel from = program.StartLevel;
        NoiseLevel to = schedule.Rule == LevelRule.Table ? schedule.After(schedule.Levels.Count - 2) : schedule.Levels[^1];
        float start = (float)Spread(from);
        float[] end = new SamplingInterpreter(program).Play([start], Denoise);
        return Math.Abs((end[0] / Spread(to)) - 1);
    }

    private static double Spread(NoiseLevel level) => Math.Sqrt((level.Alpha * level.Alpha * Deviation * Deviation) + (level.Sigma * level.Sigma));

    private static void Denoise(Evaluation evaluation, ReadOnlySpan<float> latents, Span<float> clean)
    {
        double spread = Spread(evaluation.Level);
        clean[0] = (float)(evaluation.Level.Alpha * Deviation * Deviation / (spread * spread) * latents[0]);
    }
}
