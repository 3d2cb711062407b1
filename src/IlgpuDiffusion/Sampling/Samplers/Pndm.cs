namespace IlgpuDiffusion.Sampling;

/// <summary>
/// Pseudo numerical methods for diffusion models (Liu et al. 2022, arXiv:2202.09778): the linear multistep method PLMS of equation 12 with the transfer of equation 9, started
/// by the Runge-Kutta steps of equation 13, or without them (<c>skip_prk_steps</c>) by taking the first step twice.
/// </summary>
internal sealed class Pndm : ISampler
{
    private const int WarmUp = 12;

    private static readonly double[][] AdamsBashforth = [[1], [3 / 2.0, -1 / 2.0], [23 / 12.0, -16 / 12.0, 5 / 12.0], [55 / 24.0, -59 / 24.0, 37 / 24.0, -9 / 24.0]];

    /// <inheritdoc/>
    public SamplerTraits Traits => new(LevelRule.PseudoNumerical) { DefaultSpacing = TimestepSpacing.Leading, RungeKuttaStart = !SkipPrkSteps };

    /// <summary>Whether the Runge-Kutta steps are left out, as for Stable Diffusion.</summary>
    public bool SkipPrkSteps { get; init; } = true;

    /// <inheritdoc/>
    public void Trace(Trajectory path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!SkipPrkSteps && path.First > 0)
        {
            throw new ArgumentException("PNDM cannot begin inside the schedule with its Runge-Kutta steps; set skip_prk_steps to true for image to image.");
        }

        List<Latents> outputs = [];
        Latents x = SkipPrkSteps ? TwiceTheFirst(path, outputs) : RungeKutta(path, outputs);
        while (path.Step < path.End)
        {
            NoiseLevel from = path.Levels[path.Step];
            outputs = [path.Keep(Output(path, x, path.Denoise(x, from), from)), .. outputs.Take(3)];
            double[] weights = AdamsBashforth[outputs.Count - 1];
            Sum mean = weights[0] * outputs[0];
            for (int k = 1; k < outputs.Count; k++)
            {
                mean += weights[k] * outputs[k];
            }

            x = path.EndStep(Transfer(path, x, mean, from, path.Schedule.Trained((int)from.Timestep - path.Schedule.Stride)));
        }
    }

    private static Latents TwiceTheFirst(Trajectory path, List<Latents> outputs)
    {
        Latents start = path.Start;
        NoiseLevel from = path.Levels[path.Step];
        outputs.Add(path.Keep(Output(path, start, path.Denoise(start, from), from)));
        Latents x = path.EndStep(Transfer(path, start, outputs[0], from, path.Schedule.Trained((int)from.Timestep - path.Schedule.Stride)));
        if (path.Step < path.End)
        {
            NoiseLevel again = path.Levels[path.Step];
            Sum mean = 0.5 * (outputs[0] + Output(path, x, path.Denoise(x, again), again));
            x = path.EndStep(Transfer(path, start, mean, path.Schedule.Trained((int)again.Timestep + path.Schedule.Stride), again));
        }

        return x;
    }

    private static Latents RungeKutta(Trajectory path, List<Latents> outputs)
    {
        ReadOnlySpan<double> weights = [1 / 6.0, 1 / 3.0, 1 / 3.0, 1 / 6.0];
        int half = path.Schedule.Stride / 2;
        Latents x = path.Start;
        while (path.Step < WarmUp)
        {
            (Latents start, NoiseLevel from) = (x, path.Levels[path.Step]);
            Sum mean = default;
            for (int stage = 0; stage < weights.Length; stage++)
            {
                NoiseLevel at = path.Levels[path.Step];
                Latents output = path.Keep(Output(path, x, path.Denoise(x, at), at));
                mean += weights[stage] * output;
                if (stage == 0)
                {
                    outputs.Insert(0, output);
                }

                NoiseLevel to = path.Schedule.Trained((int)at.Timestep - (stage % 2 == 0 ? half : 0));
                x = path.EndStep(Transfer(path, start, stage == weights.Length - 1 ? mean : output, from, to));
            }
        }

        return x;
    }

    /// <summary>What the denoiser gave, ε or v: the history is of these, as in the reference.</summary>
    private static Sum Output(Trajectory path, Latents x, Latents clean, NoiseLevel at) => path.Schedule.Prediction switch
    {
        Prediction.Epsilon => (1 / at.Sigma) * (x - (at.Alpha * clean)),
        Prediction.Velocity => (1 / at.Sigma) * ((at.Alpha * x) - clean),
        _ => throw new InvalidDataException("PNDM needs prediction_type 'epsilon' or 'v_prediction'; use another sampler for this model."),
    };

    /// <summary>Equation 9: from x with the denoiser's output to another level.</summary>
    private static Sum Transfer(Trajectory path, Latents x, Sum output, NoiseLevel from, NoiseLevel to)
    {
        Sum noise = path.Schedule.Prediction == Prediction.Velocity ? (from.Alpha * output) + (from.Sigma * x) : output;
        double denominator = (from.AlphaBar * to.Sigma) + (from.Alpha * from.Sigma * to.Alpha);
        return (to.Alpha / from.Alpha * x) - ((to.AlphaBar - from.AlphaBar) / denominator * noise);
    }
}
