using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Sampling;

/// <summary>Plays a program with the stand-in model of the recordings, and keeps what the model was given.</summary>
internal sealed class RecordedRun
{
    private readonly List<float> _latents = [];
    private readonly List<float> _inputs = [];

    public RecordedRun(SamplingProgram program, ReadOnlySpan<float> start, float[]? noise = null)
    {
        int size = start.Length;
        _latents.AddRange(new SamplingInterpreter(program).Play(start, Denoise, noise is null ? null : (draw, values) => noise.AsSpan(draw * size, size).CopyTo(values)));
    }

    /// <summary>The latents before every evaluation, and the result.</summary>
    public float[] Trajectory => [.. _latents];

    /// <summary>What the model was given.</summary>
    public float[] Inputs => [.. _inputs];

    /// <summary>out(x, t) = 0.6 tanh x + 0.25 sin 3x + 0.0005 t + 0.05, in float32 as recorded.</summary>
    private static float Model(float x, float t) => (0.6f * MathF.Tanh(x)) + (0.25f * MathF.Sin(3f * x)) + (float)(0.0005 * t) + 0.05f;

    private void Denoise(Evaluation evaluation, ReadOnlySpan<float> latents, Span<float> clean)
    {
        EvaluationScalars scalars = evaluation.Scalars;
        for (int i = 0; i < clean.Length; i++)
        {
            float input = (float)scalars.CIn * latents[i];
            _latents.Add(latents[i]);
            _inputs.Add(input);
            clean[i] = MathF.FusedMultiplyAdd((float)scalars.CSkip, latents[i], (float)scalars.COut * Model(input, (float)scalars.Timestep));
        }
    }
}
