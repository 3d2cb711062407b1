using System.Numerics;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>
/// 32 items that run a program. Those that are furthest behind in the text go first, until they meet the others. What is undefined or faulty on a GPU
/// fails: addresses off their alignment or outside of memory, lanes that are apart where they must not be.
/// </summary>
internal sealed partial class PtxWarp
{
    public const int Lanes = 32;
    private const int Never = int.MaxValue;

    private readonly PtxProgram _program;
    private readonly PtxMemory _memory;
    private readonly PtxShared _shared;
    private readonly byte[] _parameters;
    private readonly int _first;
    private readonly uint _items;
    private readonly ulong[] _registers;
    private readonly int[] _at = new int[Lanes];
    private readonly PtxCopies?[] _copies = new PtxCopies?[Lanes];
    private uint _waits, _ended;

    // Whose access it is.
    private int _lane;

    /// <param name="program">What they run.</param>
    /// <param name="memory">The device's memory.</param>
    /// <param name="shared">The group's.</param>
    /// <param name="parameters">The kernel's parameters.</param>
    /// <param name="first">The first item.</param>
    /// <param name="items">How many there are, up to 32.</param>
    /// <param name="special">Special registers and what they hold.</param>
    public PtxWarp(PtxProgram program, PtxMemory memory, PtxShared shared, byte[] parameters, int first, int items, ReadOnlySpan<(string Name, int Value)> special)
    {
        (_program, _memory, _shared, _parameters, _first) = (program, memory, shared, parameters, first);
        _items = items == Lanes ? uint.MaxValue : (1u << items) - 1;
        _registers = new ulong[program.Registers * Lanes];
        foreach ((int register, ulong value) in program.Constants)
        {
            Registers(register).Fill(value);
        }

        foreach ((string name, int value) in special)
        {
            if (program.Names.TryGetValue(name, out int register))
            {
                Registers(register).Fill((uint)value);
            }
        }

        if (program.Names.TryGetValue("%tid.x", out int index))
        {
            for (int lane = 0; lane < Lanes; lane++)
            {
                _registers[(index * Lanes) + lane] = (uint)(first + lane);
            }
        }
    }

    /// <summary>Whether items wait at a barrier.</summary>
    public bool Waits => _waits != 0;

    /// <summary>Whether all items have ended.</summary>
    public bool HasEnded => _ended == _items;

    /// <summary>Whether some have.</summary>
    public bool HasEndedInPart => _ended != 0;

    /// <summary>Lets items go on behind the barrier.</summary>
    public void PassBarrier() => _waits = 0;

    /// <summary>Runs until all items wait or have ended.</summary>
    public void Run()
    {
        while (Next(out int at, out uint lanes, out int others))
        {
            Run(at, lanes, others);
        }
    }

    // The lanes that are furthest behind, and where the next ones are; lanes at a shuffle or a barrier wait for the rest of their warp,
    // which may come from a loop that stands behind it in the text.
    private bool Next(out int at, out uint lanes, out int others)
    {
        uint ready = _items & ~(_waits | _ended), left = ready;
        (at, lanes, others) = (Never, 0, Never);
        while (left != 0)
        {
            int place = Never;
            for (uint rest = left; rest != 0; rest &= rest - 1)
            {
                place = Math.Min(place, _at[BitOperations.TrailingZeroCount(rest)]);
            }

            uint there = 0;
            for (uint rest = left; rest != 0; rest &= rest - 1)
            {
                int lane = BitOperations.TrailingZeroCount(rest);
                there |= _at[lane] == place ? 1u << lane : 0;
            }

            left &= ~there;
            if (lanes == 0 && (there == _items || !Meets(place)))
            {
                (at, lanes) = (place, there);
            }
            else if (lanes != 0)
            {
                others = place;
                break;
            }
        }

        return lanes != 0 || (ready == 0 ? false : throw Alone(ready));
    }

    private bool Meets(int place) => _program.Code[place].Family is PtxFamily.Shuffle or PtxFamily.Barrier;

    private InvalidOperationException Alone(uint ready)
    {
        int lane = BitOperations.TrailingZeroCount(ready);
        return new($"Item {_first + lane} is without the rest of its warp: {_program.Code[_at[lane]].Text}");
    }

    // Runs lanes from a place until others are met, or they part.
    private void Run(int at, uint lanes, int others)
    {
        while (at < others)
        {
            PtxStep step = _program.Code[at];
            uint active = step.Guard < 0 ? lanes : lanes & Mask(step.Guard, step.Negated);
            try
            {
                switch (step.Family)
                {
                    case PtxFamily.Branch:
                        if (active == lanes)
                        {
                            at = step.Target;
                            continue;
                        }

                        Require(active == 0 || !step.Flag, "parts lanes that are to go the same way");
                        if (active != 0)
                        {
                            Put(lanes & ~active, at + 1);
                            Put(active, step.Target);
                            return;
                        }

                        break;
                    case PtxFamily.Return:
                        _ended |= active;
                        if (active == lanes)
                        {
                            return;
                        }

                        lanes &= ~active;
                        break;
                    case PtxFamily.Barrier when lanes != _items:
                        Put(lanes, at);
                        return;
                    case PtxFamily.Barrier:
                        RequireWhole(active);
                        Put(lanes, at + 1);
                        _waits = lanes;
                        return;
                    case PtxFamily.Shuffle when active != _items:
                        Put(lanes, at);
                        return;
                    default:
                        if (active != 0)
                        {
                            Do(step, active);
                        }

                        break;
                }
            }
            catch (InvalidOperationException e)
            {
                int lane = step.Family is PtxFamily.Load or PtxFamily.Store ? _lane : BitOperations.TrailingZeroCount(active);
                throw new InvalidOperationException($"Item {_first + lane} {e.Message}: {step.Text}", e);
            }

            at++;
        }

        Put(lanes, at);
    }

    private Span<ulong> Registers(int number) => _registers.AsSpan(number * Lanes, Lanes);

    private uint Mask(int predicate, bool negated)
    {
        ReadOnlySpan<ulong> values = Registers(predicate);
        uint mask = 0;
        for (int lane = 0; lane < Lanes; lane++)
        {
            mask |= values[lane] != 0 ? 1u << lane : 0;
        }

        return negated ? ~mask : mask;
    }

    private void Put(uint lanes, int at)
    {
        for (; lanes != 0; lanes &= lanes - 1)
        {
            _at[BitOperations.TrailingZeroCount(lanes)] = at;
        }
    }

    private void RequireWhole(uint lanes) => Require(lanes == _items, "is without the rest of its warp");

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidOperationException(otherwise);
        }
    }
}
