using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>When caches compute, and the moments that schedules are made of.</summary>
[TestClass]
public sealed class CacheScheduleTests
{
    [TestMethod]
    [DataRow(100, 10, 0.9, 8)]
    [DataRow(100, 10, 0.1, 8)]
    [DataRow(20, 5, 0.95, 6)]
    [DataRow(7, 2, 0, 1.4)]
    public void AnUnevenScheduleComputesAsManyAsAskedFor(int total, double every, double center, double power)
    {
        Uneven uneven = new() { Every = every, Center = center, Power = power };
        Assert.AreEqual((int)(total / every), uneven.Computed([.. Enumerable.Range(0, total).Select(e => new Moment(e, e, total))]).Count(computed => computed));
    }

    [TestMethod]
    public void EveryEvaluationOfARealSamplerHasItsMoment()
    {
        SamplingProgram heun = SamplerCatalogue.Plan(new SchedulerConfig(), new SamplingRequest { Sampler = "heun", Steps = 4, Strength = 0.5 });
        Moment[] moments = AcceleratedUNet.Moments(heun);
        CollectionAssert.AreEqual(new[] { 0, 1, 2 }, moments.Select(moment => moment.Evaluation).ToArray());
        CollectionAssert.AreEqual(new[] { 0.5, 0.5, 0.75 }, moments.Select(moment => moment.Progress).ToArray());
    }
}
