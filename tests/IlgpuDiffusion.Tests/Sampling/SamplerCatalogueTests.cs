using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tests.Sampling;

[TestClass]
internal sealed class SamplerCatalogueTests
{
    private static readonly SchedulerConfig Config = new() { ClassName = "DDIMScheduler", Trained = BetaNoise.StableDiffusion, StepsOffset = 1 };

    [TestMethod]
    [DataRow("DPM++ 2M Karras", "dpmpp_2m", SigmaSchedule.Karras)]
    [DataRow("dpmpp_2m", "dpmpp_2m", null)]
    [DataRow("dpm++2m", "dpmpp_2m", null)]
    [DataRow("DPM++ 2M SDE Heun Exponential", "dpmpp_2m_sde_heun", SigmaSchedule.Exponential)]
    [DataRow("dpmpp_2m_sde_gpu", "dpmpp_2m_sde", null)]
    [DataRow("dpm++2m_sde", "dpmpp_2m_sde", null)]
    [DataRow("DPMSolverMultistepScheduler", "dpmsolver_multistep", null)]
    [DataRow("DPMSolverSinglestepScheduler", "dpmsolver_singlestep", null)]
    [DataRow("Euler a", "euler_ancestral", null)]
    [DataRow("euler_a", "euler_ancestral", null)]
    [DataRow("EULER ANCESTRAL", "euler_ancestral", null)]
    [DataRow("k_euler_a", "euler_ancestral", null)]
    [DataRow("k_lms", "lms", null)]
    [DataRow("EulerDiscreteScheduler", "euler", null)]
    [DataRow("Euler SGM Uniform", "euler", SigmaSchedule.SgmUniform)]
    [DataRow("DPM++ 2S a Karras", "dpmpp_2s_ancestral", SigmaSchedule.Karras)]
    [DataRow("dpm++2s_a", "dpmpp_2s_ancestral", null)]
    [DataRow("dpmpp_2s_ancestral", "dpmpp_2s_ancestral", null)]
    [DataRow("ddim", "ddim", null)]
    [DataRow("ddim_trailing", "ddim", SigmaSchedule.Trailing)]
    [DataRow("ddim_uniform", "ddim", SigmaSchedule.DdimUniform)]
    [DataRow("PLMS", "pndm", null)]
    [DataRow("uni_pc_bh2", "uni_pc_bh2", null)]
    [DataRow("UniPC", "uni_pc", null)]
    [DataRow("uni_pc_bh1", "uni_pc", null)]
    [DataRow("UniPCMultistepScheduler", "unipc_multistep", null)]
    [DataRow("DPM++ 2M Uniform", "dpmpp_2m", SigmaSchedule.Uniform)]
    [DataRow("Euler a Normal", "euler_ancestral", SigmaSchedule.Uniform)]
    [DataRow("euler simple", "euler", SigmaSchedule.Simple)]
    [DataRow("Euler DDIM", "euler", SigmaSchedule.DdimUniform)]
    [DataRow("DPM++ 2M Polyexponential", "dpmpp_2m", SigmaSchedule.Exponential)]
    [DataRow("DPM++ 2M KL Optimal", "dpmpp_2m", SigmaSchedule.KlOptimal)]
    [DataRow("Heun", "heun", null)]
    [DataRow("LMS Karras", "lms", SigmaSchedule.Karras)]
    [DataRow("TCDScheduler", "tcd", null)]
    public void NamesOfTheFieldResolve(string name, string id, SigmaSchedule? schedule)
    {
        SamplerChoice choice = SamplerCatalogue.Resolve(name);
        Assert.AreEqual(id, choice.Entry.Id);
        Assert.AreEqual(schedule, choice.Schedule);
    }

    [TestMethod]
    public void NoTwoSamplersShareAName()
    {
        string[] names = [.. SamplerCatalogue.Samplers.SelectMany(entry => entry.Names.Select(SamplerNames.Plain).Distinct())];
        CollectionAssert.AllItemsAreUnique(names);
    }

    [TestMethod]
    public void UnknownSamplerIsAnErrorWithTheNearestNamesAndTheList()
    {
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => SamplerCatalogue.Resolve("dpmpp_2n"));
        StringAssert.Contains(error.Message, "'dpmpp_2n'");
        StringAssert.Contains(error.Message, "'dpmpp_2m'");
        StringAssert.Contains(error.Message, "uni_pc");
    }

    [TestMethod]
    public void UnknownSchedulerIsAnErrorWithTheNearestNamesAndTheList()
    {
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => SamplerCatalogue.ResolveSchedule("karas"));
        StringAssert.Contains(error.Message, "'karras'");
        StringAssert.Contains(error.Message, "exponential");
    }

    [TestMethod]
    public void EverySamplerPlansFromTheModelsConfiguration()
    {
        foreach (SamplerEntry entry in SamplerCatalogue.Samplers)
        {
            SamplingProgram program = SamplerCatalogue.Plan(Config, new SamplingRequest { Sampler = entry.Id, Steps = 7 });
            Assert.AreEqual(program.StepCount, program.Moves.OfType<EndStepMove>().Count(), entry.Id);
            Assert.IsGreaterThanOrEqualTo(7, program.Evaluations.Count, entry.Id);
        }
    }

    [TestMethod]
    public void PlmsStartsWithoutRungeKuttaUnlessThePndmConfigurationWantsIt()
    {
        Assert.HasCount(8, SamplerCatalogue.Plan(Config, new SamplingRequest { Sampler = "PLMS", Steps = 7 }).Evaluations);
        Assert.HasCount(8, SamplerCatalogue.Plan(Config with { ClassName = "PNDMScheduler", SkipPrkSteps = true }, new SamplingRequest { Steps = 7 }).Evaluations);
        Assert.HasCount(12 + 4, SamplerCatalogue.Plan(Config with { ClassName = "PNDMScheduler" }, new SamplingRequest { Steps = 7 }).Evaluations);
    }

    [TestMethod]
    public void ModelsOwnSamplerIsTheDefault()
    {
        SamplingProgram program = SamplerCatalogue.Plan(Config, new SamplingRequest { Steps = 4 });
        CollectionAssert.AreEqual((double[])[751, 501, 251, 1], program.Evaluations.Select(evaluation => evaluation.Level.Timestep).ToArray());
    }

    [TestMethod]
    public void SchedulerOfTheRequestWinsOverTheNames()
    {
        SamplingProgram program = SamplerCatalogue.Plan(Config, new SamplingRequest { Sampler = "Euler Karras", Scheduler = "trailing", Steps = 4 });
        CollectionAssert.AreEqual((double[])[999, 749, 499, 249], program.Evaluations.Select(evaluation => evaluation.Level.Timestep).ToArray());
    }

    [TestMethod]
    public void WhatASamplerDoesNotHaveIsAnError()
    {
        Assert.ThrowsExactly<ArgumentException>(() => SamplerCatalogue.Plan(Config, new SamplingRequest { Sampler = "heun", Eta = 0.5 }));
        Assert.ThrowsExactly<ArgumentException>(() => SamplerCatalogue.Plan(Config, new SamplingRequest { Sampler = "DDIM Karras" }));
        Assert.ThrowsExactly<ArgumentException>(() => SamplerCatalogue.Plan(Config, new SamplingRequest { Sampler = "euler", Scheduler = "lu" }));
        Assert.ThrowsExactly<ArgumentException>(() => SamplerCatalogue.Plan(Config with { ClassName = null }, new SamplingRequest()));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(-3)]
    [DataRow(1001)]
    public void StepsOutsideTheTrainingStepsAreAnError(int steps) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => SamplerCatalogue.Plan(Config, new SamplingRequest { Steps = steps }));
}
