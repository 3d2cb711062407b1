using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Testing;

/// <summary>Plays a <see cref="SamplingProgram"/> on arrays of the host, in float32; what a device does, in its plainest form.</summary>
internal sealed class SamplingInterpreter(SamplingProgram program)
{
    /// <summary>Turns noisy latents into clean ones.</summary>
    public delegate void Denoiser(Evaluation evaluation, ReadOnlySpan<float> latents, Span<float> clean);

    /// <summary>Writes one draw of noise; draws are asked for in order.</summary>
    public delegate void NoiseSource(int draw, Span<float> noise);

    /// <summary>Sees the latents after a step, and may change them.</summary>
    public delegate void StepHook(EndStepMove step, Span<float> latents);

    /// <summary>Runs from <paramref name="start"/> to the result; draws that no move reads are drawn and dropped.</summary>
    public float[] Play(ReadOnlySpan<float> start, Denoiser denoiser, NoiseSource? noise = null, StepHook? endStep = null)
    {
        ArgumentNullException.ThrowIfNull(denoiser);
        int size = start.Length;
        float[][] registers = [.. Enumerable.Range(0, program.Registers).Select(_ => new float[size])];
        start.CopyTo(registers[0]);
        float[] drawn = new float[program.NoiseCount > 0 ? size : 0];
        int draws = 0;
        foreach (Move move in program.Moves)
        {
            switch (move)
            {
                case CombineMove combine:
                    for (; combine.Noise is { } wanted && draws <= wanted; draws++)
                    {
                        (noise ?? throw new ArgumentNullException(nameof(noise), "This sampler draws noise in its steps; give it a source.")).Invoke(draws, drawn);
                    }

                    Combine(combine, registers, drawn);
                    break;
                case EvaluateMove evaluate:
                    denoiser(program.Evaluations[evaluate.Evaluation], registers[evaluate.Source], registers[evaluate.Clean]);
                    break;
                case EndStepMove end:
                    endStep?.Invoke(end, registers[end.Register]);
                    break;
            }
        }

        return registers[program.Result];
    }

    private static void Combine(CombineMove move, float[][] registers, float[] noise)
    {
        float[] target = registers[move.Target];
        for (int i = 0; i < target.Length; i++)
        {
            float sum = 0;
            foreach (Term term in move.Terms)
            {
                sum = MathF.FusedMultiplyAdd((float)term.Coefficient, registers[term.Register][i], sum);
            }

            target[i] = move.Noise is null ? sum : MathF.FusedMultiplyAdd((float)move.NoiseCoefficient, noise[i], sum);
        }
    }
}
