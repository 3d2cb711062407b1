using System.Runtime.InteropServices;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Pipelines;

/// <summary>Plays a traced sampler on a device: registers of latents, one linear combination a move, the evaluation program in between. Nothing is read back and nothing allocated in the loop; the host queues at most two evaluations ahead of the device.</summary>
internal sealed class DenoisingLoop : IDisposable
{
    private readonly Device _device;
    private readonly SamplingProgram _program;
    private readonly NextRun? _next;
    private readonly DeviceMemory _registers;
    private readonly DeviceMemory? _noise;
    private readonly RunAhead _ahead;
    private readonly long _count;
    private readonly int _terms;
    private readonly long _stride;
    private AccelerationPlan _plan;
    private Run _run;
    private int _first;
    private bool _handedOver;

    /// <param name="device">The device.</param>
    /// <param name="program">The traced sampler.</param>
    /// <param name="plan">What each evaluation does.</param>
    /// <param name="run">The run of the evaluation graph, its request and schedule inputs set.</param>
    /// <param name="latents">The latents' shape, [B, h, w, c].</param>
    /// <param name="next">What takes over on the way, or null.</param>
    public DenoisingLoop(Device device, SamplingProgram program, AccelerationPlan plan, Run run, Shape latents, NextRun? next = null)
    {
        (_device, _program, _plan, _run, _count, _next) = (device, program, plan, run, latents.Count, next);
        _stride = (latents.Count * sizeof(float) + 63) / 64 * 64;
        _terms = program.Moves.OfType<CombineMove>().Select(combine => combine.Terms.Count + 1).DefaultIfEmpty().Max();
        _registers = device.Allocate(_stride * program.Registers, "latents");
        try
        {
            _noise = program.NoiseCount > 0 ? device.Allocate(_stride * program.NoiseCount, "noise") : null;
            _ahead = new RunAhead(device);
        }
        catch
        {
            _registers.Dispose();
            _noise?.Dispose();
            throw;
        }
    }

    /// <summary>The address of a register.</summary>
    public nint Register(int index) => _registers.Address + (nint)(index * _stride);

    /// <summary>Sets the latents that the run begins with, [B, h, w, c].</summary>
    public void Start(ReadOnlySpan<float> latents) => _device.Upload(Register(0), MemoryMarshal.AsBytes(latents));

    /// <summary>Sets one draw of noise, [B, h, w, c].</summary>
    public void Noise(int draw, ReadOnlySpan<float> noise) => _device.Upload(NoiseAt(draw), MemoryMarshal.AsBytes(noise));

    /// <summary>Runs all moves, and waits for their end.</summary>
    /// <param name="steps">What is done at the steps' ends.</param>
    /// <param name="cancellation">Observed between moves, and by devices between work items; what is queued is waited for before it is thrown.</param>
    public void Play(StepHooks? steps, CancellationToken cancellation)
    {
        _ahead.Completed = steps?.Completed;
        try
        {
            Queue(steps, cancellation);
            _ahead.Drain();
        }
        catch (Exception e) when (e is not DeviceLostException)
        {
            _ahead.Abandon();
            throw;
        }
    }

    /// <summary>Reads latents, [B, h, w, c].</summary>
    public float[] Read(int register)
    {
        float[] latents = new float[_count];
        _device.Download(Register(register), MemoryMarshal.AsBytes(latents.AsSpan()));
        return latents;
    }

    public void Dispose()
    {
        if (_handedOver)
        {
            _run.Dispose();
        }

        _ahead.Dispose();
        _registers.Dispose();
        _noise?.Dispose();
    }

    private void Queue(StepHooks? steps, CancellationToken cancellation)
    {
        long bytes = _count * sizeof(float);
        Span<nint> sources = stackalloc nint[_terms];
        Span<double> coefficients = stackalloc double[_terms];
        int ended = 0;
        for (int m = 0; m < _program.Moves.Count; m++)
        {
            Move move = _program.Moves[m];
            cancellation.ThrowIfCancellationRequested();
            switch (move)
            {
                case CombineMove combine:
                    int terms = 0;
                    for (int i = 0; i < combine.Terms.Count; i++)
                    {
                        sources[terms] = Register(combine.Terms[i].Register);
                        coefficients[terms++] = combine.Terms[i].Coefficient;
                    }

                    if (combine.Noise is { } draw)
                    {
                        sources[terms] = NoiseAt(draw);
                        coefficients[terms++] = combine.NoiseCoefficient;
                    }

                    _device.Combine(Register(combine.Target), sources[..terms], coefficients[..terms], _count);
                    break;
                case EvaluateMove evaluate:
                    HandOver(evaluate.Evaluation);
                    Change(steps?.Text?.Invoke(_program.Evaluations[evaluate.Evaluation].Step - _program.FirstStep));
                    _ahead.BeforeEvaluation();
                    cancellation.ThrowIfCancellationRequested();
                    _device.Copy(Register(evaluate.Source), _run.Address(EvaluationGraph.Latents), bytes);
                    _run.Evaluate(evaluate.Evaluation - _first, _plan.VariantOf[evaluate.Evaluation - _first], cancellation);
                    _device.Copy(_run.OutputAddress(0), Register(evaluate.Clean), bytes);
                    steps?.Evaluated?.Invoke(evaluate);
                    break;
                case EndStepMove end:
                    steps?.Queue?.Invoke(Register(end.Register));
                    _ahead.StepQueued(end, steps?.Reads?.Invoke(++ended) ?? false);
                    break;
            }
        }
    }

    // What is queued still uses the run before.
    private void HandOver(int evaluation)
    {
        if (_next is { } next && evaluation == next.Evaluation)
        {
            _ahead.Drain();
            (_run, _plan, _first, _handedOver) = (next.Begin(), next.Plan, evaluation, true);
        }
    }

    // The run's own stages follow from its inputs, so a text is changed by setting it; what is queued still reads the old one.
    private void Change(IReadOnlyDictionary<string, HostTensor>? text)
    {
        if (text is null)
        {
            return;
        }

        _ahead.Drain();
        Denoiser.SetText(_run, text);
    }

    private nint NoiseAt(int draw) => _noise!.Address + (nint)(draw * _stride);
}

/// <summary>A run that takes over on the way.</summary>
/// <param name="Evaluation">The first evaluation that it makes; it counts its own from there.</param>
/// <param name="Plan">What each of them does.</param>
/// <param name="Begin">Begins it, when it is its turn.</param>
internal sealed record NextRun(int Evaluation, AccelerationPlan Plan, Func<Run> Begin);

/// <summary>What is done at the ends of steps.</summary>
/// <param name="Queue">Queues what changes a step's latents, at their address.</param>
/// <param name="Reads">Whether the latents of a step, the first being 1, are read when it is completed; nothing is queued ahead of it then.</param>
/// <param name="Completed">Is told of every step, in their order, when the device has completed it.</param>
/// <param name="Text">Gives the conditioning of a step, the first being 0, by the network's names, or null where it is that of the evaluation before.</param>
/// <param name="Evaluated">Is told of every evaluation that is queued; its registers may be read.</param>
internal sealed record StepHooks(Action<nint>? Queue = null, Func<int, bool>? Reads = null, Action<EndStepMove>? Completed = null, Func<int, IReadOnlyDictionary<string, HostTensor>?>? Text = null, Action<EvaluateMove>? Evaluated = null);
