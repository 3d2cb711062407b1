using System.Text.Json;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Sampling;

/// <summary>A schedule's name means the levels of the program that it comes from, whatever the model's own file says of spacing.</summary>
[TestClass]
internal sealed class ForeignSchedulesTests
{
    private static readonly SchedulerConfig Model = SchedulerConfig.StableDiffusion with { ClassName = "PNDMScheduler" };

    [TestMethod]
    [DataRow("euler", null)]
    [DataRow("euler", TimestepSpacing.Leading)]
    [DataRow("heun", TimestepSpacing.Trailing)]
    [DataRow("dpmpp_2m", null)]
    [DataRow("dpmpp_2m", TimestepSpacing.Leading)]
    [DataRow("dpmpp_2s_ancestral", TimestepSpacing.Linspace)]
    [DataRow("uni_pc", TimestepSpacing.Trailing)]
    public void NamesMeanTheLevelsOfTheirPrograms(string sampler, TimestepSpacing? spacing)
    {
        using JsonDocument recorded = JsonDocument.Parse(File.ReadAllBytes(Reports.Find("schedules/schedules.json")));
        SchedulerConfig model = Model with { Spacing = spacing, Reshaping = SigmaSchedule.Karras, SigmaMin = 0.5, SigmaMax = 2 };
        int count = 0;
        foreach (JsonElement row in recorded.RootElement.EnumerateArray())
        {
            string name = row.GetProperty("name").GetString()!;
            int steps = row.GetProperty("steps").GetInt32();
            NoiseSchedule schedule = SamplerCatalogue.Plan(model, new SamplingRequest { Sampler = sampler, Scheduler = name, Steps = steps }).Schedule;
            double[] sigmas = [.. row.GetProperty("sigmas").EnumerateArray().Select(s => s.GetDouble())];
            double[] times = [.. row.GetProperty("timesteps").EnumerateArray().Select(t => t.GetDouble())];
            Assert.HasCount(sigmas.Length, schedule.Levels, $"{name}, {steps} steps");
            for (int i = 0; i < sigmas.Length; i++)
            {
                Assert.AreEqual(sigmas[i], schedule.Levels[i].Ratio, 2e-5 * (sigmas[i] + 1e-6), $"{name}, {steps} steps, σ {i}");
                Assert.AreEqual(i < times.Length ? times[i] : -1, schedule.Levels[i].Timestep, 0.02, $"{name}, {steps} steps, time step {i}");
            }

            count++;
        }

        Assert.IsGreaterThan(50, count);
    }

    // 'DDIM' of stable-diffusion-webui: range(0, 1000, 1000 // n) + 1.
    [TestMethod]
    [DataRow("ddim_uniform", 20, 951)]
    [DataRow("sgm_uniform", 20, 999)]
    [DataRow("simple", 20, 999)]
    [DataRow("uniform", 20, 999)]
    public void DdimVisitsTrainingSteps(string schedule, int steps, int first) =>
        Assert.AreEqual(first, SamplerCatalogue.Plan(Model, new SamplingRequest { Sampler = "ddim", Scheduler = schedule, Steps = steps }).Evaluations[0].Level.Timestep);

    [TestMethod]
    public void TheModelsOwnKarrasIsTheOneOfDiffusers()
    {
        SchedulerConfig model = Model with { ClassName = "DPMSolverMultistepScheduler", Reshaping = SigmaSchedule.Karras };
        double[] own = Times(new SamplingRequest { Steps = 10 });
        Assert.IsTrue(own.All(t => t == Math.Round(t)), "diffusers rounds the time steps of Karras levels");
        Assert.IsFalse(Times(new SamplingRequest { Sampler = "DPM++ 2M Karras", Steps = 10 }).SequenceEqual(own));

        double[] Times(SamplingRequest request) => [.. SamplerCatalogue.Plan(model, request).Evaluations.Select(e => e.Level.Timestep)];
    }
}
