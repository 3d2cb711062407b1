using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tests.Sampling;

[TestClass]
public sealed class SchedulerConfigTests
{
    [TestMethod]
    [DataRow("""{"beta_schedule": "sigmoid"}""", "beta_schedule", "sigmoid")]
    [DataRow("""{"prediction_type": "flow_prediction"}""", "prediction_type", "flow_prediction")]
    [DataRow("""{"timestep_spacing": "even"}""", "timestep_spacing", "even")]
    [DataRow("""{"num_train_timesteps": 2000000000}""", "num_train_timesteps", "2000000000")]
    [DataRow("""{"num_train_timesteps": 999.5}""", "num_train_timesteps", "999.5")]
    [DataRow("""{"beta_start": 0}""", "beta_start", "0")]
    [DataRow("""{"beta_start": 0.5, "beta_end": 0.1}""", "beta_end", "0.1")]
    [DataRow("""{"sigma_min": -1}""", "sigma_min", "-1")]
    [DataRow("""{"sigma_min": 3, "sigma_max": 2}""", "sigma_max", "2")]
    [DataRow("""{"steps_offset": "one"}""", "steps_offset", "one")]
    [DataRow("""{"trained_betas": [0.1, 0.2]}""", "num_train_timesteps", "trained_betas")]
    public void UnsupportedValuesAreErrorsThatNameFieldAndValue(string json, string field, string value)
    {
        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => SchedulerConfig.Parse(json, "scheduler/scheduler_config.json"));
        StringAssert.Contains(error.Message, "scheduler/scheduler_config.json");
        StringAssert.Contains(error.Message, field);
        StringAssert.Contains(error.Message, value);
    }

    // As diffusers' exclusive schedules: the multistep DPM-Solver alone has 'lu', which gives way.
    [TestMethod]
    public void SchedulesThatExcludeEachOtherAreAnErrorForSamplersThatHaveThem()
    {
        SchedulerConfig config = SchedulerConfig.Parse("""{"use_karras_sigmas": true, "use_beta_sigmas": true}""");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Plan("euler")).Message, "use_beta_sigmas");
        Assert.HasCount(4, Plan("ddim").Evaluations);
        Assert.HasCount(4, SamplerCatalogue.Plan(config, new SamplingRequest { Sampler = "euler", Scheduler = "karras", Steps = 4 }).Evaluations);
        Assert.AreEqual(SigmaSchedule.Karras, SchedulerConfig.Parse("""{"use_karras_sigmas": true, "use_lu_lambdas": true}""").Reshaping);

        SamplingProgram Plan(string sampler) => SamplerCatalogue.Plan(config, new SamplingRequest { Sampler = sampler, Steps = 4 });
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("[]")]
    [DataRow("{\"beta_start\": ")]
    public void WhatIsNoJsonObjectIsAnError(string json) => Assert.ThrowsExactly<InvalidDataException>(() => SchedulerConfig.Parse(json));

    [TestMethod]
    public void PublishedFileIsRead()
    {
        SchedulerConfig config = SchedulerConfig.Parse("""
            {
              "_class_name": "PNDMScheduler", "_diffusers_version": "0.6.0", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
              "num_train_timesteps": 1000, "set_alpha_to_one": false, "skip_prk_steps": true, "steps_offset": 1, "trained_betas": null, "clip_sample": false,
              "lambda_min_clipped": -Infinity
            }
            """);
        Assert.AreEqual("PNDMScheduler", config.ClassName);
        Assert.AreEqual(BetaSchedule.ScaledLinear, ((BetaNoise)config.Trained).Schedule);
        Assert.IsTrue(config.SkipPrkSteps);
        Assert.IsFalse(config.AlphaToOne);
        Assert.IsNull(config.Spacing);
        Assert.AreEqual(double.NegativeInfinity, config.LambdaMin);
    }

    [TestMethod]
    public void NoiseCannotBePredictedAtZeroSignal()
    {
        SchedulerConfig config = new() { Trained = new BetaNoise { ZeroTerminalSnr = true }, Spacing = TimestepSpacing.Trailing };
        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => SamplingProgram.Trace(config, new Ddim(), 5));
        StringAssert.Contains(error.Message, "v_prediction");
        SamplingProgram program = SamplingProgram.Trace(config with { Prediction = Prediction.Velocity }, new Ddim(), 5);
        Assert.AreEqual(0, program.StartLevel.Alpha);
    }
}
