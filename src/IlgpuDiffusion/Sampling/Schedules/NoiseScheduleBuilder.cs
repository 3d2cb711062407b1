namespace IlgpuDiffusion.Sampling;

/// <summary>Places the steps of a run in noise that was trained by betas, for each <see cref="LevelRule"/>.</summary>
internal sealed class NoiseScheduleBuilder
{
    private readonly SchedulerConfig _config;
    private readonly SamplerTraits _traits;
    private readonly int _steps;
    private readonly BetaNoise _betas;
    private readonly TrainedNoise _trained;
    private readonly TimestepSpacing _spacing;

    private NoiseScheduleBuilder(SchedulerConfig config, BetaNoise betas, SamplerTraits traits, int steps)
    {
        (_config, _betas, _traits, _steps) = (config, betas, traits, steps);

        // DDIM alone never divides by α of the last training step.
        _trained = TrainedNoise.Of(betas, reachesZero: traits.Rule == LevelRule.Table);
        _spacing = traits.FixedSpacing ? traits.DefaultSpacing : config.Spacing ?? traits.DefaultSpacing;
    }

    public static NoiseSchedule Build(SchedulerConfig config, BetaNoise betas, SamplerTraits traits, int steps)
    {
        NoiseScheduleBuilder builder = new(config, betas, traits, steps);
        return traits.Rule switch
        {
            LevelRule.Table => builder.Table(steps => steps),
            LevelRule.PseudoNumerical => builder.Table(builder.PseudoNumerical),
            LevelRule.Exploding => builder.Exploding(),
            LevelRule.Consistency => builder.Consistency(),
            LevelRule.HalfLogSnr => builder.HalfLogSnr(),
            _ => throw new ArgumentOutOfRangeException(nameof(traits), traits.Rule, "Unknown level rule."),
        };
    }

    private NoiseSchedule Table(Func<double[], double[]> arrange)
    {
        // Of the placed schedules, those that visit training steps.
        (TimestepSpacing spacing, int offset) = _config.Reshaping switch
        {
            SigmaSchedule.Discrete => (_spacing, _config.StepsOffset),
            SigmaSchedule.Uniform => (TimestepSpacing.Linspace, 0),
            SigmaSchedule.SgmUniform or SigmaSchedule.Simple => (TimestepSpacing.Trailing, 0),
            SigmaSchedule.DdimUniform => (TimestepSpacing.Leading, 1),
            { } other => throw new ArgumentException($"DDIM and PNDM step over training steps and have no schedule '{SamplerCatalogue.NameOf(other)}'; use 'leading', 'trailing', 'linspace', or another sampler."),
        };

        NoiseLevel last = _config.AlphaToOne ?? _traits.DefaultAlphaToOne ? NoiseLevel.Clean : _trained.Level(0) with { Timestep = -1 };
        double[] steps = spacing switch
        {
            TimestepSpacing.Linspace => [.. TimestepPlacing.Linspace(_config.TrainingSteps, _steps).Select(step => Math.Round(step))],
            TimestepSpacing.Leading => TimestepPlacing.Leading(_config.TrainingSteps, _steps, offset),
            _ => Trailing(_config.TrainingSteps),
        };
        return new(_config, _traits, _steps, _trained, [.. arrange(steps).Select(step => _trained.Level((int)step))], last);
    }

    /// <summary>PNDM's order of evaluations (Liu et al. 2022, arXiv:2202.09778, algorithm 2).</summary>
    private double[] PseudoNumerical(double[] steps)
    {
        if (!_traits.RungeKuttaStart)
        {
            // The second time step twice: the first step is taken again with the mean of both outputs.
            return steps.Length < 2 ? steps : [steps[0], steps[1], .. steps[1..]];
        }

        if (steps.Length < 4)
        {
            throw new ArgumentException($"PNDM with its Runge-Kutta start needs at least 4 steps, not {steps.Length}; use more, or set skip_prk_steps to true.");
        }

        // Each of the first three intervals is evaluated at its start, twice in its middle, and at its end.
        int half = _config.TrainingSteps / _steps / 2;
        double[] first = [.. steps[..3].Zip(steps[1..4]).SelectMany(pair => (double[])[pair.First, pair.Second + half, pair.Second + half, pair.Second])];
        return [.. first, .. steps[3..]];
    }

    /// <summary>Of some training steps evenly spaced, those that come nearest below the steps asked for (diffusers' LCMScheduler, <c>original_inference_steps</c>).</summary>
    private NoiseSchedule Consistency()
    {
        int most = _config.DistilledSteps;
        if (_steps > most || _config.TrainingSteps < most)
        {
            throw new ArgumentException($"This latent consistency model takes at most {Math.Min(most, _config.TrainingSteps)} steps ('original_inference_steps' and 'num_train_timesteps'), not {_steps}; 4 to 8 are usual.");
        }

        int stride = _config.TrainingSteps / most;
        int[] distilled = [.. Enumerable.Range(1, most).Select(i => (i * stride) - 1).Reverse()];
        return new(_config, _traits, _steps, _trained, [.. Enumerable.Range(0, _steps).Select(i => _trained.Level(distilled[(int)(i * (most / (double)_steps))]))], NoiseLevel.Clean);
    }

    private NoiseSchedule Exploding()
    {
        if (_config.IsPlaced)
        {
            return new(_config, _traits, _steps, _trained, [.. PlacedLevels.Place(_config.Reshaping, _trained, _steps).Select(at => NoiseLevel.Exploding((float)at.Ratio, (float)at.Timestep))], NoiseLevel.Exploding(0, -1));
        }

        double[] steps = _spacing switch
        {
            TimestepSpacing.Linspace => [.. TimestepPlacing.Linspace(_config.TrainingSteps, _steps).Select(step => (double)(float)step)],
            TimestepSpacing.Leading => TimestepPlacing.Leading(_config.TrainingSteps, _steps, _config.StepsOffset),
            _ => Trailing(_config.TrainingSteps),
        };
        double[] ratios = [.. steps.Select(Interpolate)];
        if (_config.Reshaping != SigmaSchedule.Discrete)
        {
            ratios = Reshape(ratios[0], ratios[^1]);
            steps = [.. ratios.Select(_trained.TimestepOf)];
        }

        double last = _traits.HonoursFinalSigma && _config.EndsAtSigmaMin ? _trained.Ratios[0] : 0;
        return new(_config, _traits, _steps, _trained, [.. ratios.Zip(steps, (ratio, step) => NoiseLevel.Exploding((float)ratio, (float)step))], NoiseLevel.Exploding(last, -1));
    }

    private NoiseSchedule HalfLogSnr()
    {
        if (_config.IsPlaced)
        {
            double end = _config.EndsAtSigmaMin ? _trained.Ratios[0] : 0;
            return new(_config, _traits, _steps, _trained, [.. PlacedLevels.Place(_config.Reshaping, _trained, _steps).Where(at => at.Ratio > end).Select(at => NoiseLevel.Preserving((float)at.Ratio, (float)at.Timestep))], NoiseLevel.Preserving(end, -1));
        }

        int limit = _config.TrainingSteps - (_traits.ClipsLambda ? _trained.Ratios.Count(ratio => -Math.Log(ratio) < _config.LambdaMin) : 0);
        double[] steps = _spacing switch
        {
            TimestepSpacing.Linspace => [.. TimestepPlacing.Linspace(limit, _steps + 1)[..^1].Select(step => Math.Round(step))],
            TimestepSpacing.Leading => [.. TimestepPlacing.Leading(limit, _steps + 1, 0)[..^1].Select(step => step + _config.StepsOffset)],
            _ => Trailing(limit),
        };
        double[] ratios = [.. steps.Select(Interpolate)];
        double last = _trained.Ratios[0];
        if (_config.Reshaping != SigmaSchedule.Discrete)
        {
            ratios = Reshape(_trained.Ratios[^1], _trained.Ratios[0]);
            last = _traits.FinalSigmaOfSchedule ? ratios[^1] : last;
            bool rounds = _config.Reshaping is SigmaSchedule.Karras or SigmaSchedule.Lu && !(_traits.KeepsCosineFractions && _betas.Schedule == BetaSchedule.Cosine);
            steps = [.. ratios.Select(_trained.TimestepOf).Select(step => Math.Truncate(rounds ? Math.Round(step) : step))];
        }

        last = _config.EndsAtSigmaMin ? last : 0;
        return new(_config, _traits, _steps, _trained, [.. ratios.Zip(steps, (ratio, step) => NoiseLevel.Preserving((float)ratio, step))], NoiseLevel.Preserving((float)last, -1));
    }

    private double[] Trailing(int limit) => TimestepPlacing.Trailing(limit, _steps, _config.TrainingSteps / (double)_steps);

    private double[] Reshape(double highest, double lowest)
    {
        if (_config.Reshaping == SigmaSchedule.Lu && !_traits.HasLuSchedule)
        {
            throw new ArgumentException("The schedule 'lu' (use_lu_lambdas) belongs to the multistep DPM-Solver; use that, or 'exponential', which places the same noise levels.");
        }

        return SigmaReshaping.Place(_config.Reshaping, _config.SigmaMax ?? highest, _config.SigmaMin ?? lowest, _steps);
    }

    /// <summary>σ / α at a time between training steps, straight between its neighbours.</summary>
    private double Interpolate(double step)
    {
        int below = Math.Clamp((int)step, 0, _trained.Count - 2);
        double ratio = _trained.Ratios[below];
        return step >= _trained.Count - 1 ? _trained.Ratios[^1] : ratio + ((_trained.Ratios[below + 1] - ratio) * (step - below));
    }
}
