using System.Numerics.Tensors;
using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tuning;

/// <summary>
/// How far a run's last latents would be off if some predictions were foreseen, to first order: every prediction of the recorded run is foreseen from recorded ones, and the sampler's moves, which
/// are linear, carry what it is off by to the end. What the network makes of latents that are off is taken from data of unit variance in every direction, whose clean latents are expected at
/// α / (α² + σ²) of the noisy ones; where it was measured that errors grow beyond that (<see cref="RecordedRun.Growth"/>), they do.
/// </summary>
/// <param name="runs">What was recorded.</param>
/// <param name="how">How predictions are foreseen.</param>
internal sealed class RecallError(IReadOnlyList<RecordedRun> runs, Forecast how)
{
    // Errors below are none, and have no logarithm.
    private const double Least = 1e-12;

    /// <summary>The mean square of the last latents' error, the geometric mean over all runs: as many dB as the mean of each picture's are.</summary>
    public double Of(IReadOnlyList<bool> computed)
    {
        double logarithms = 0;
        foreach (RecordedRun run in runs)
        {
            float[] error = Carry(run, computed);
            logarithms += Math.Log((TensorPrimitives.SumOfSquares(error) / error.Length) + run.Apart + Least);
        }

        return Math.Exp(logarithms / runs.Count);
    }

    private float[] Carry(RecordedRun run, IReadOnlyList<bool> computed)
    {
        SamplingProgram program = run.Program;
        int values = run.Predictions[0].Length, evaluations = program.Evaluations.Count;
        float[][] registers = [.. Enumerable.Range(0, program.Registers).Select(_ => new float[values])];
        float[] sum = new float[values];
        List<int> known = [];
        foreach (Move move in program.Moves)
        {
            switch (move)
            {
                case CombineMove combine:
                    Array.Clear(sum);
                    foreach (Term term in combine.Terms)
                    {
                        Add(sum, registers[term.Register], (float)term.Coefficient);
                    }

                    sum.CopyTo(registers[combine.Target], 0);
                    break;
                case EvaluateMove evaluate when computed[evaluate.Evaluation]:
                    known.Add(evaluate.Evaluation);
                    NoiseLevel level = program.Evaluations[evaluate.Evaluation].Level;
                    Array.Clear(registers[evaluate.Clean]);
                    Add(registers[evaluate.Clean], registers[evaluate.Source], (float)(level.Alpha / ((level.Alpha * level.Alpha) + (level.Sigma * level.Sigma))));
                    break;
                case EvaluateMove evaluate:
                    EvaluationScalars scalars = program.Evaluations[evaluate.Evaluation].Scalars;
                    float[] clean = registers[evaluate.Clean];
                    Array.Clear(clean);
                    Add(clean, registers[evaluate.Source], (float)scalars.CSkip);
                    double[] factors = Factors([.. known.Select(Time)], Time(evaluate.Evaluation));
                    double grown = scalars.COut * run.Growth.At((double)evaluate.Evaluation / evaluations);
                    for (int i = 0; i < known.Count; i++)
                    {
                        if (factors[i] != 0)
                        {
                            Add(clean, run.Predictions[known[i]], (float)(factors[i] * grown));
                        }
                    }

                    Add(clean, run.Predictions[evaluate.Evaluation], (float)-grown);
                    break;
            }
        }

        return registers[program.Result];

        double Time(int e) => (2.0 * e / evaluations) - 1;
    }

    // What each computed prediction contributes to the one that is foreseen.
    private double[] Factors(double[] known, double at)
    {
        double[] slots = how.Coefficients(known, at);
        return how.Sums ? [.. known.Select(time => how.Basis(time).Zip(slots, (basis, slot) => basis * slot).Sum())]
            : [.. known.Select((_, i) => known.Length - 1 - i is var age && age < slots.Length ? slots[age] : 0)];
    }

    private static void Add(float[] target, float[] source, float factor) => TensorPrimitives.MultiplyAdd(source, factor, target, target);
}
