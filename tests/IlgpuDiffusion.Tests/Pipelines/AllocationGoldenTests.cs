using IlgpuDiffusion.Components;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Requests;
using IlgpuDiffusion.Testing;

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
        await AllocatesNothing(pipeline, sampler);
    }

    [TestMethod]
    [DataRow("ddim")]
    [DataRow("dpm++ 2m sde")]
    public async Task NorDoesTheHostOfADeviceOfIlgpu(string sampler)
    {
        // Without the kernels: what ILGPU's own processor device allocates for each is not the host's.
        await using DiffusionPipeline pipeline = DiffusionPipeline.Open(TestModels.Tiny, new PipelineOptions { Device = () => GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { LeavesOutKernels = true }) });
        await AllocatesNothing(pipeline, sampler);
    }

    private static async Task AllocatesNothing(DiffusionPipeline pipeline, string sampler)
    {
        ResolvedRequest request = pipeline.Resolve(TestModels.Small with { Sampler = sampler, Steps = 4 });
        await pipeline.OnLane(() =>
        {
            Dictionary<string, HostTensor> conditioning = request.Key.Conditioning.ToDictionary(input => input.Name, input => new HostTensor(input.Shape, new float[input.Shape.Count]));
            using Run run = pipeline.Model.Denoiser.Begin(request.Key, request.Program, request.Plan, conditioning, request.BranchScale, request.CfgScale, 0, CancellationToken.None);
            using DenoisingLoop steps = new(pipeline.Device, request.Program, request.Plan, run, request.Latents(4));
            steps.Start(new float[request.Latents(4).Count]);
            for (int i = 0; i < request.Program.NoiseCount; i++)
            {
                steps.Noise(i, new float[request.Latents(4).Count]);
            }

            run.Prepare();
            AllocationAssert.None(() => run.Evaluate(1), "an evaluation");
            AllocationAssert.None(() => steps.Play(null, CancellationToken.None), "a whole loop");
            return true;
        });
    }
}
