namespace IlgpuDiffusion.Sampling;

/// <summary>What a sampler sees of a run: levels, and handles of latents. Every call records a move.</summary>
internal sealed class Trajectory
{
    private readonly List<Move> _moves = [];
    private readonly List<Evaluation> _evaluations = [];
    private int _values = 1;
    private int _noises;
    private int _result;
    private int _lastNoise = -1;

    internal Trajectory(NoiseSchedule schedule, int first)
    {
        (Schedule, First, Step) = (schedule, first, first);
        Start = new(0, isNoise: false);
    }

    /// <summary>The noise levels of the whole schedule.</summary>
    public NoiseSchedule Schedule { get; }

    /// <summary>The level at which each step begins, and after them the one at which the run ends.</summary>
    public IReadOnlyList<NoiseLevel> Levels => Schedule.Levels;

    /// <summary>The index of the first step to run; above 0 in image to image.</summary>
    public int First { get; }

    /// <summary>One more than the index of the last step.</summary>
    public int End => Levels.Count - 1;

    /// <summary>The index of the step being recorded.</summary>
    public int Step { get; private set; }

    /// <summary>The latents at the level of the first step.</summary>
    public Latents Start { get; }

    internal IReadOnlyList<Move> Moves => _moves;

    internal IReadOnlyList<Evaluation> Evaluations => _evaluations;

    internal int NoiseCount => _noises;

    internal int Result => _result;

    /// <summary>Evaluates the denoiser; gives clean latents x₀, with guidance.</summary>
    public Latents Denoise(Sum x, NoiseLevel at)
    {
        int source = Materialise(x);
        int clean = _values++;
        _moves.Add(new EvaluateMove(Evaluate(at), source, clean));
        return new(clean, isNoise: false);
    }

    /// <summary>The next draw of standard normal noise.</summary>
    public Latents Noise() => new(_noises++, isNoise: true);

    /// <summary>Computes a sum now, for a history that would otherwise hold several latents.</summary>
    public Latents Keep(Sum x) => new(Combine(x), isNoise: false);

    /// <summary>Ends a step with these latents.</summary>
    public Latents EndStep(Sum x)
    {
        _result = Combine(x);
        _moves.Add(new EndStepMove(Step, _result, Step + 1 < End ? Levels[Step + 1] : NoiseLevel.Clean));
        Step++;
        return new(_result, isNoise: false);
    }

    private int Evaluate(NoiseLevel at)
    {
        _evaluations.Add(new(_evaluations.Count, Step, at, EvaluationScalars.At(at, Schedule.Prediction)));
        return _evaluations.Count - 1;
    }

    private int Materialise(Sum x) => x.Terms is [var (latents, coefficient)] && coefficient == 1 && !latents.IsNoise ? latents.Id : Combine(x);

    private int Combine(Sum x)
    {
        List<Term> terms = [];
        List<(int Draw, double Coefficient)> noises = [];
        foreach ((Latents latents, double coefficient) in x.Terms)
        {
            if (!double.IsFinite(coefficient))
            {
                throw new InvalidOperationException($"The sampler's coefficients are not finite in step {Step}; two of its noise levels may coincide. Use another number of steps or another schedule.");
            }

            if (coefficient == 0)
            {
                continue;
            }

            if (latents.IsNoise)
            {
                // Players keep one draw at a time.
                if (latents.Id <= _lastNoise)
                {
                    throw new InvalidOperationException($"The sampler reads draw {latents.Id} of its noise again, or out of order, in step {Step}.");
                }

                _lastNoise = latents.Id;
                noises.Add((latents.Id, coefficient));
            }
            else
            {
                terms.Add(new(latents.Id, coefficient));
            }
        }

        // A move adds one noise at most; further ones follow in moves of their own.
        int target = _values++;
        _moves.Add(new CombineMove(target, terms, noises.Count > 0 ? noises[0].Draw : null, noises.Count > 0 ? noises[0].Coefficient : 0));
        foreach ((int draw, double coefficient) in noises.Skip(1))
        {
            int next = _values++;
            _moves.Add(new CombineMove(next, [new(target, 1)], draw, coefficient));
            target = next;
        }

        return target;
    }
}
