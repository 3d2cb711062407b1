using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tests.Sampling;

[TestClass]
public sealed class SchedulerConfigTests
{
    [TestMethod]
    [DataRow("""{"beta_schedule": "sigmoid"}""", "beta_schedule", "sigmoid")]
    [DataRow("""{"prediction_type": "flow_prediction"}""", "prediction_type", "flow_prediction")]
    [DataRow("""{"timestep_spacing": "even"}""", "timestep_spacing", "even")]
    [DataRow("""{"clip_sample": true}""", "clip_sample", "true")]
    [DataRow("""{"_class_name": "DDIMScheduler"}""", "clip_sample", "missing")]
    [DataRow("""{"thresholding": true}""", "thresholding", "true")]
    [DataRow("""{"use_flow_sigmas": true}""", "use_flow_sigmas", "true")]
    [DataRow("""{"variance_type": "learned_range"}""", "variance_type", "learned_range")]
    [DataRow("""{"interpolation_type": "log_linear"}""", "interpolation_type", "log_linear")]
    [DataRow("""{"timestep_type": "continuous"}""", "timestep_type", "continuous")]
    [DataRow("""{"final_sigmas_type": "last"}""", "final_sigmas_type", "last")]
    [DataRow("""{"algorithm_type": "dpmsolver+++"}""", "algorithm_type", "dpmsolver+++")]
    [DataRow("""{"solver_order": 4}""", "solver_order", "4")]
    [DataRow("""{"steps_offset": "one"}""", "steps_offset", "one")]
    [DataRow("""{"use_karras_sigmas": true, "use_beta_sigmas": true}""", "use_karras_sigmas", "use_beta_sigmas")]
    [DataRow("""{"trained_betas": [0.1, 0.2]}""", "num_train_timesteps", "trained_betas")]
    public void UnsupportedValuesAreErrorsThatNameFieldAndValue(string json, string field, string value)
    {
        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => SchedulerConfig.Parse(json, "scheduler/scheduler_config.json"));
        StringAssert.Contains(error.Message, "scheduler/scheduler_config.json");
        StringAssert.Contains(error.Message, field);
        StringAssert.Contains(error.Message, value);
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
        Assert.AreEqual(BetaSchedule.ScaledLinear, config.BetaSchedule);
        Assert.IsTrue(config.SkipPrkSteps);
        Assert.IsFalse(config.AlphaToOne);
        Assert.IsNull(config.Spacing);
        Assert.AreEqual(double.NegativeInfinity, config.LambdaMin);
    }

    [TestMethod]
    public void NoiseCannotBePredictedAtZeroSignal()
    {
        SchedulerConfig config = new() { ZeroTerminalSnr = true, Spacing = TimestepSpacing.Trailing };
        InvalidDataException error = Assert.ThrowsExactly<InvalidDataException>(() => SamplingProgram.Trace(config, new Ddim(), 5));
        StringAssert.Contains(error.Message, "v_prediction");
        SamplingProgram program = SamplingProgram.Trace(config with { Prediction = Prediction.Velocity }, new Ddim(), 5);
        Assert.AreEqual(0, program.StartLevel.Alpha);
    }
}
