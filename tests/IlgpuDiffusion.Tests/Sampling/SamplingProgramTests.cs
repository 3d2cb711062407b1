using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tests.Sampling;

[TestClass]
public sealed class SamplingProgramTests
{
    private static readonly SchedulerConfig Config = new() { Trained = BetaNoise.StableDiffusion, StepsOffset = 1 };

    [TestMethod]
    [DataRow("ddim", 2)]
    [DataRow("euler", 2)]
    [DataRow("heun", 4)]
    [DataRow("dpmpp_2m", 3)]
    [DataRow("lms", 5)]
    public void RegistersAreTakenOverWhenTheirValuesAreNoLongerRead(string sampler, int registers) =>
        Assert.AreEqual(registers, SamplerCatalogue.Plan(Config, new SamplingRequest { Sampler = sampler, Steps = 30 }).Registers);

    [TestMethod]
    public void RegistersDoNotChangeTheResult()
    {
        foreach (SamplerEntry entry in SamplerCatalogue.Samplers)
        {
            // A second run over registers that hold the first one's values gives the same bits only if nothing unset is read.
            SamplingProgram program = SamplerCatalogue.Plan(Config, new SamplingRequest { Sampler = entry.Id, Steps = 9 });
            HashSet<int> written = [0];
            foreach (Move move in program.Moves)
            {
                int[] reads = move switch
                {
                    CombineMove combine => [.. combine.Terms.Select(term => term.Register)],
                    EvaluateMove evaluate => [evaluate.Source],
                    EndStepMove end => [end.Register],
                    _ => [],
                };
                Assert.IsTrue(reads.All(written.Contains), $"{entry.Id} reads what was not written: {move}");
                if (move is CombineMove { Target: var target })
                {
                    written.Add(target);
                }
                else if (move is EvaluateMove { Clean: var clean, Source: var source })
                {
                    Assert.AreNotEqual(source, clean, entry.Id);
                    written.Add(clean);
                }
            }
        }
    }

    [TestMethod]
    [DataRow(50, 0.6, 20)]
    [DataRow(20, 1.0, 0)]
    [DataRow(20, 0.07, 19)]
    [DataRow(7, 0.5, 4)]
    public void ImageToImageRunsTheLastSteps(int steps, double strength, int first)
    {
        SamplingProgram program = SamplerCatalogue.Plan(Config, new SamplingRequest { Sampler = "ddim", Steps = steps, Strength = strength });
        Assert.AreEqual(first, program.FirstStep);
        Assert.AreEqual(first, program.Evaluations[0].Step);
        Assert.AreEqual(steps - first, program.StepCount);
    }

    [TestMethod]
    [DataRow(0.0)]
    [DataRow(1.5)]
    [DataRow(0.01)]
    [DataRow(double.NaN)]
    public void StrengthThatLeavesNoStepIsAnError(double strength) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => SamplerCatalogue.Plan(Config, new SamplingRequest { Sampler = "euler", Strength = strength }));

    [TestMethod]
    public void EndOfEachStepKnowsTheNoiseOfTheNext()
    {
        SamplingProgram program = SamplerCatalogue.Plan(Config, new SamplingRequest { Sampler = "ddim", Steps = 5, Scheduler = "trailing" });
        EndStepMove[] ends = [.. program.Moves.OfType<EndStepMove>()];
        CollectionAssert.AreEqual((int[])[0, 1, 2, 3, 4], ends.Select(end => end.Step).ToArray());
        Assert.AreEqual(program.Schedule.Levels[1], ends[0].Level);
        Assert.AreEqual(NoiseLevel.Clean, ends[^1].Level);
    }

    [TestMethod]
    public void NoiseIsReadInItsOrder()
    {
        Assert.ThrowsExactly<InvalidOperationException>(() => SamplingProgram.Trace(Config, new ReadsNoiseTwice(), 3));
    }

    private sealed class ReadsNoiseTwice : ISampler
    {
        public SamplerTraits Traits { get; } = new(LevelRule.Exploding);

        public void Trace(Trajectory path)
        {
            Latents noise = path.Noise();
            path.EndStep(path.EndStep(path.Start + noise) + noise);
        }
    }
}
