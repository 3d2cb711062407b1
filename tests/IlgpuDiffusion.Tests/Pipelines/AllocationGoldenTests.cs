using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Pipelines;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>The loop allocates nothing on the managed heap.</summary>
[TestClass]
public sealed class AllocationGoldenTests
{
    [TestMethod]
    [DataRow("ddim")]
    [DataRow("dpm++ 2m sde")]
    public async Task AnEvaluationAndAStepAllocateNothing(string sampler)
    {
        // One thread: all work is the lane's, whose allocations are counted.
        await using DiffusionPipeline pipeline = TestModels.Open(TestModels.Tiny, threads: 1);
        ResolvedRequest request = pipeline.Resolve(TestModels.Small with { Sampler = sampler, Steps = 4 });
        (long evaluation, long loop) = await pipeline.OnLane(() =>
        {
            float[] context = new float[request.Key.ContextRows * request.Key.Tokens * pipeline.Parts.UNet.TextChannels];
            using Run run = pipeline.Denoiser.Begin(request.Key, request.Program, context, request.CfgScale, 0, CancellationToken.None);
            using DenoisingLoop steps = new(pipeline.Device, request.Program, run, request.Latents(4));
            steps.Start(new float[request.Latents(4).Count]);
            for (int i = 0; i < request.Program.NoiseCount; i++)
            {
                steps.Noise(i, new float[request.Latents(4).Count]);
            }

            long Measure(Action work)
            {
                // The first time compiles code.
                work();
                long before = GC.GetAllocatedBytesForCurrentThread();
                work();
                return GC.GetAllocatedBytesForCurrentThread() - before;
            }

            run.Prepare();
            return (Measure(() => run.Evaluate(1)), Measure(() => steps.Play(null, CancellationToken.None)));
        });
        Assert.AreEqual(0, evaluation, "bytes of an evaluation");
        Assert.AreEqual(0, loop, "bytes of a whole loop");
    }
}
