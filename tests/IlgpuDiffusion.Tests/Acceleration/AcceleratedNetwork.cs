using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Pipelines;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Tests.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Acceleration;

/// <summary>A recorded network alone in the denoising loop, with a policy.</summary>
internal abstract class AcceleratedNetwork<T> : IDisposable
    where T : IDenoiserNetwork
{
    private readonly Device _device;
    private readonly WeightStore _weights;
    private readonly Residency _residency;
    private readonly Lane _lane;

    protected AcceleratedNetwork(string folder, Device? device, Func<ComponentConfig, T> read, Func<T, int> latentChannels, ElementType type = ElementType.F32)
    {
        _device = device ?? TestDevices.Create(TestDevices.Cpu);
        _weights = WeightStore.Open(folder);
        Network = read(ComponentConfig.Read(Path.Combine(folder, "config.json")));
        (_residency, _lane) = (new Residency(_device), new Lane(_device));
        Denoiser = new Denoiser(Network, latentChannels(Network), _weights, new ComponentRunner(_device, _lane, _residency, [], type));
    }

    public Denoiser Denoiser { get; }

    protected T Network { get; }

    /// <summary>The plan of a policy for a run.</summary>
    public AccelerationPlan Plan(AccelerationPolicy policy, SamplingProgram program, Shape latents, bool guided = true) =>
        AccelerationPlan.Make(policy, Denoiser.Survey(latents.Height, latents.Width), Moments(program), guided);

    public static Moment[] Moments(SamplingProgram program) => [.. program.Evaluations.Select(e => new Moment(e.Index, e.Step, program.Schedule.Levels.Count - 1))];

    public void Dispose()
    {
        _lane.Dispose();
        _residency.Dispose();
        _device.Dispose();
        _weights.Dispose();
    }

    // The latents after every step, from those that the loop begins with.
    protected List<float[]> Play(AccelerationPlan plan, SamplingProgram program, Shape latents, float[] start, EvaluationKey key, Dictionary<string, HostTensor> conditioning, double guidance, double rescale = 0)
    {
        List<float[]> steps = [];
        using Run run = Denoiser.Begin(key, program, plan, conditioning, guidance, guidance, rescale, CancellationToken.None);
        using DenoisingLoop loop = new(_device, program, plan, run, latents);
        loop.Start(start);
        loop.Play(new StepHooks(Reads: _ => true, Completed: end => steps.Add(loop.Read(end.Register))), CancellationToken.None);
        return steps;
    }
}
