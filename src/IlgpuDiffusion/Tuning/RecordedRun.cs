using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Tuning;

/// <summary>What a network predicted in each evaluation of an exact run: a sample of its values.</summary>
/// <param name="Program">The traced sampler.</param>
internal sealed record RecordedRun(SamplingProgram Program)
{
    // Enough to tell schedules apart, few enough to try thousands of them.
    private const int MostValues = 512;

    private readonly float[][] _predictions = new float[Program.Evaluations.Count][];

    /// <summary>The predictions, by evaluation.</summary>
    public IReadOnlyList<float[]> Predictions => _predictions;

    /// <summary>The mean square of what its last latents are off from those of the run that all are held against.</summary>
    public double Apart { get; init; }

    /// <summary>How errors of its predictions grow.</summary>
    public ErrorGrowth Growth { get; init; } = ErrorGrowth.None;

    /// <summary>Records an evaluation; what was predicted follows from what the network was given and what became of it.</summary>
    /// <param name="evaluation">Its number.</param>
    /// <param name="noisy">The latents.</param>
    /// <param name="clean">The clean latents.</param>
    public void Add(int evaluation, ReadOnlySpan<float> noisy, ReadOnlySpan<float> clean)
    {
        EvaluationScalars scalars = Program.Evaluations[evaluation].Scalars;

        // A step that shares no factor with the usual sizes of a row, so that the sample is spread over all channels.
        int step = noisy.Length <= MostValues ? 1 : (noisy.Length / MostValues) | 1;
        float[] prediction = new float[(noisy.Length + step - 1) / step];
        for (int i = 0; i < prediction.Length; i++)
        {
            prediction[i] = (float)((clean[i * step] - (scalars.CSkip * noisy[i * step])) / scalars.COut);
        }

        _predictions[evaluation] = prediction;
    }
}
