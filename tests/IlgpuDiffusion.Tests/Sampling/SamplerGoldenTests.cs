using System.Globalization;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Sampling;

[TestClass]
public sealed class SamplerGoldenTests
{
    private const double TrajectoryBound = 3e-4;
    private const double TimestepBound = 1e-3;
    private const double SigmaBound = 1e-5;

    public static IEnumerable<object[]> Cases => SchedulerCase.Supported.Select(row => new object[] { row.File });

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void LevelsAreThoseOfTheReference(string file)
    {
        SchedulerCase row = Find(file);
        GoldenTensors recorded = row.Tensors;
        SamplingProgram program = row.Trace();
        double[] timesteps = recorded.Doubles("timesteps");
        Assert.HasCount(timesteps.Length, program.Evaluations);
        for (int i = 0; i < timesteps.Length; i++)
        {
            Assert.AreEqual(timesteps[i], program.Evaluations[i].Scalars.Timestep, TimestepBound, $"{file}: time step {i}");
        }

        double scale = recorded.Doubles("init_noise_sigma")[0];
        Assert.AreEqual(scale, program.Schedule.InitialScale, SigmaBound * scale, $"{file}: init_noise_sigma");
        if (!recorded.Has("sigmas"))
        {
            return;
        }

        double[] sigmas = recorded.Doubles("sigmas");
        for (int i = 0; i < sigmas.Length; i++)
        {
            // Flow matching's σ is that of the latents themselves, not of latents with all of the picture.
            NoiseLevel level = i < program.Evaluations.Count ? program.Evaluations[i].Level : program.Schedule.Levels[^1];
            double sigma = program.Schedule.Prediction == Prediction.Flow ? level.Sigma : level.Ratio;
            Assert.AreEqual(sigmas[i], sigma, SigmaBound * sigmas[i], $"{file}: sigma {i}");
        }
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void TrajectoryIsThatOfTheReference(string file)
    {
        SchedulerCase row = Find(file);
        GoldenTensors recorded = row.Tensors;
        SamplingProgram program = row.Trace();
        float[] expected = recorded.Floats("trajectory");
        Assert.AreEqual(recorded.Has("noise") ? recorded.Shape("noise")[0] : 0, program.NoiseCount, $"{file}: draws of noise");
        RecordedRun run = new(program, expected.AsSpan(0, Size(recorded)), recorded.Has("noise") ? recorded.Floats("noise") : null);
        double bound = Bound(expected);
        GoldenAssert.Close(expected, run.Trajectory, bound, $"{file} trajectory");
        GoldenAssert.Close(recorded.Floats("model_input"), run.Inputs, bound, $"{file} model_input");
    }

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void ImageToImageIsThatOfTheReference(string file)
    {
        SchedulerCase row = Find(file);
        GoldenTensors recorded = row.Tensors;
        if (!recorded.Has("img2img.start"))
        {
            Assert.AreEqual(1, row.Steps, $"{file} has no image to image.");
            return;
        }

        // The reference counts evaluations, which are two a step for Heun's method.
        int start = (int)recorded.Longs("img2img.start")[0];
        SamplingProgram program = row.Trace(row.Sampler is Heun ? start / 2 : start);
        (float[] clean, float[] noise) = (recorded.Floats("img2img.clean"), recorded.Floats("img2img.eps"));
        NoiseLevel level = program.StartLevel;
        float[] x = [.. clean.Zip(noise, (value, eps) => (float)((level.Alpha * value) + (level.Sigma * eps)))];
        RecordedRun run = new(program, x, recorded.Has("img2img.noise") ? recorded.Floats("img2img.noise") : null);
        GoldenAssert.Close(recorded.Floats("img2img.trajectory"), run.Trajectory, Bound(recorded.Floats("img2img.trajectory")), $"{file} img2img");
    }

    [TestMethod]
    public void EverySchedulerOfTheRecordingsIsKnownOrOfALaterFamily()
    {
        foreach (SchedulerCase row in SchedulerCase.Supported)
        {
            Assert.IsNotNull(SamplerCatalogue.Resolve(row.Scheduler).Entry, row.Name);
        }

        Assert.IsNotEmpty(SchedulerCase.Supported);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{SchedulerCase.Supported.Count} of {SchedulerCase.All.Count} cases; the others belong to later families."));
    }

    [TestMethod]
    [DataRow("scaled_linear")]
    [DataRow("linear")]
    [DataRow("squaredcos_cap_v2")]
    public void TrainedNoiseIsThatOfTheReferenceBitForBit(string schedule)
    {
        float[] expected = GoldenTensors.Find("schedulers/alphas_cumprod.safetensors").Floats(schedule);
        CollectionAssert.AreEqual(expected, Trained(schedule, zeroSnr: false).AlphaBars.ToArray());
    }

    [TestMethod]
    public void TrainedNoiseRescaledToZeroSignalIsThatOfTheReference()
    {
        // A few of the reference's square roots are not rounded to the nearest value; the last ᾱ has to be exactly 0.
        float[] expected = GoldenTensors.Find("schedulers/alphas_cumprod.safetensors").Floats("scaled_linear.zero_snr");
        float[] actual = [.. Trained("scaled_linear", zeroSnr: true).AlphaBars];
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], 3e-7f * expected[i], $"training step {i}");
        }

        Assert.AreEqual(0f, actual[^1]);
    }

    /// <summary>At zero terminal SNR σ starts at 4096 and the reference subtracts latents of that size in float32: its own result has an error of their last bit.</summary>
    private static double Bound(float[] trajectory) => Math.Max(TrajectoryBound, Math.ScaleB(trajectory.Max(Math.Abs), -23));

    private static TrainedNoise Trained(string schedule, bool zeroSnr) => TrainedNoise.Of(
        (BetaNoise)SchedulerConfig.Parse($$"""{"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "{{schedule}}", "rescale_betas_zero_snr": {{(zeroSnr ? "true" : "false")}}}""").Trained,
        reachesZero: true);

    private static SchedulerCase Find(string file) => SchedulerCase.Supported.Single(row => row.File == file);

    private static int Size(GoldenTensors recorded) => (int)recorded.Shape("trajectory")[1..].Aggregate((product, size) => product * size);
}
