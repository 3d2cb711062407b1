namespace IlgpuDiffusion.Sampling;

/// <summary>Gives every value of a trace a register, taking over those of values that are no longer read.</summary>
internal sealed class RegisterAllocation
{
    private readonly Dictionary<int, int> _lastUse = [];
    private readonly Dictionary<int, int> _registers = [];
    private readonly PriorityQueue<int, int> _free = new();

    private RegisterAllocation(IReadOnlyList<Move> moves, int result)
    {
        for (int i = 0; i < moves.Count; i++)
        {
            foreach (int value in Reads(moves[i]))
            {
                _lastUse[value] = i;
            }
        }

        _lastUse[result] = moves.Count;
    }

    public int Count { get; private set; }

    /// <summary>The moves on registers, the number of registers, and the one of the result; value 0, the start, has register 0.</summary>
    public static (IReadOnlyList<Move> Moves, int Registers, int Result) Allocate(IReadOnlyList<Move> moves, int result)
    {
        RegisterAllocation allocation = new(moves, result);
        allocation.Take(0);
        List<Move> placed = [];
        for (int i = 0; i < moves.Count; i++)
        {
            placed.Add(allocation.Place(moves[i], i));
        }

        return (placed, allocation.Count, allocation._registers[result]);
    }

    private static IEnumerable<int> Reads(Move move) => move switch
    {
        CombineMove combine => combine.Terms.Select(term => term.Register),
        EvaluateMove evaluate => [evaluate.Source],
        EndStepMove end => [end.Register],
        _ => [],
    };

    private Move Place(Move move, int index)
    {
        switch (move)
        {
            case CombineMove combine:
                Term[] terms = [.. combine.Terms.Select(term => term with { Register = _registers[term.Register] })];

                // Sums are taken value by value, so the target may lie where a source ends.
                Release(move, index);
                return combine with { Terms = terms, Target = Take(combine.Target) };
            case EvaluateMove evaluate:
                EvaluateMove placed = evaluate with { Source = _registers[evaluate.Source], Clean = Take(evaluate.Clean) };
                Release(move, index);
                if (!_lastUse.ContainsKey(evaluate.Clean))
                {
                    _free.Enqueue(placed.Clean, placed.Clean);
                }

                return placed;
            case EndStepMove end:
                EndStepMove ended = end with { Register = _registers[end.Register] };
                Release(move, index);
                return ended;
            default:
                throw new ArgumentException($"Unknown move {move.GetType().Name}.", nameof(move));
        }
    }

    private int Take(int value)
    {
        int register = _free.TryDequeue(out int free, out _) ? free : Count++;
        return _registers[value] = register;
    }

    private void Release(Move move, int index)
    {
        foreach (int value in Reads(move).Distinct().Where(value => _lastUse[value] == index))
        {
            _free.Enqueue(_registers[value], _registers[value]);
        }
    }
}
