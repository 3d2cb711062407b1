using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tuning;

/// <summary>Tells what a sampler computes from what others do, whatever it is called and wherever its settings come from: all coefficients of a run of few steps.</summary>
internal static class SamplerFingerprint
{
    /// <summary>The steps of the run that is compared, and the tokens of its picture where the schedule depends on them.</summary>
    public const int Steps = 10, Tokens = 4096;

    // Processors and their libraries differ in the last digits of a logarithm.
    private const string Digits = "G5";

    /// <summary>The fingerprint of a traced run.</summary>
    public static string Of(SamplingProgram program)
    {
        StringBuilder text = new();
        text.Append(Number(program.Schedule.InitialScale)).Append('\n');
        foreach (Move move in program.Moves)
        {
            text.Append(move switch
            {
                CombineMove combine => $"{combine.Target} {string.Join(' ', combine.Terms.Select(term => $"{term.Register}*{Number(term.Coefficient)}"))} {combine.Noise}*{Number(combine.NoiseCoefficient)}",
                EvaluateMove evaluate => $"{evaluate.Clean} {evaluate.Source} {Numbers(program.Evaluations[evaluate.Evaluation].Scalars)}",
                _ => ".",
            }).Append('\n');
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 8));
    }

    private static string Numbers(EvaluationScalars scalars) => string.Join(' ', new[] { scalars.CIn, scalars.CSkip, scalars.COut, scalars.Timestep }.Select(Number));

    private static string Number(double number) => number.ToString(Digits, CultureInfo.InvariantCulture);
}
