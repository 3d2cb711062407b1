using System.Buffers.Binary;
using System.Globalization;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>
/// A group's items that run a program. A warp runs until all its items wait, those that are furthest behind in the text first; then the next warp.
/// What is undefined or faulty on a GPU fails: races, addresses off their alignment or outside of memory, warps that are apart where they must not be.
/// </summary>
internal sealed class PtxGroup
{
    private const int Warp = 32;
    private readonly PtxProgram _program;
    private readonly PtxMemory _memory;
    private readonly byte[] _parameters;
    private readonly PtxShared _shared;
    private readonly ulong[][] _registers;
    private readonly int[] _at;
    private readonly bool[] _waits, _ended;
    private readonly List<List<Copy>>[] _batches;

    private PtxGroup(PtxProgram program, PtxMemory memory, byte[] parameters, int items, int sharedBytes, (int X, int Y, int Z) group)
    {
        (_program, _memory, _parameters, _shared) = (program, memory, parameters, new PtxShared(program.SharedBytes));
        (_at, _waits, _ended) = (new int[items], new bool[items], new bool[items]);
        (string, int)[] names = [("%ntid.x", items), ("%ctaid.x", group.X), ("%ctaid.y", group.Y), ("%ctaid.z", group.Z), ("%dynamic_smem_size", sharedBytes)];
        int[] numbers = [.. names.Select(name => program.Register(name.Item1)), program.Register("%tid.x")];
        _registers = [.. Enumerable.Range(0, items).Select(_ => new ulong[program.Registers])];
        _batches = [.. Enumerable.Range(0, items).Select(_ => new List<List<Copy>> { new() })];
        for (int item = 0; item < items; item++)
        {
            for (int i = 0; i < names.Length; i++)
            {
                _registers[item][numbers[i]] = (ulong)names[i].Item2;
            }

            _registers[item][numbers[^1]] = (ulong)item;
        }
    }

    /// <summary>Runs a kernel's groups.</summary>
    public static void Run(string ptx, PtxMemory memory, IReadOnlyList<byte[]> arguments, int items, int sharedBytes, (int X, int Y, int Z) groups)
    {
        PtxProgram program = new(ptx, sharedBytes);
        byte[] parameters = new byte[program.ParameterBytes];
        for (int i = 0; i < arguments.Count; i++)
        {
            arguments[i].CopyTo(parameters, program.ParameterOffsets[i]);
        }

        for (int i = 0; i < groups.X * groups.Y * groups.Z; i++)
        {
            new PtxGroup(program, memory, parameters, items, sharedBytes, (i % groups.X, i / groups.X % groups.Y, i / groups.X / groups.Y)).Run();
        }
    }

    private void Run()
    {
        while (!_ended.All(ended => ended))
        {
            for (int first = 0; first < _at.Length; first += Warp)
            {
                while (Next(first) is { Count: > 0 } items)
                {
                    Step(items);
                }
            }

            if (_ended.Any(ended => ended) && !_ended.All(ended => ended))
            {
                throw new InvalidOperationException("Some items have ended, and others wait for them.");
            }

            Array.Clear(_waits);
            _shared.Epoch++;
        }
    }

    // The items of a warp that are furthest behind; at a shuffle they wait for the others.
    private List<int> Next(int first)
    {
        List<int> ready = [.. Enumerable.Range(first, Warp).Where(item => !_waits[item] && !_ended[item])];
        foreach (IGrouping<int, int> place in ready.GroupBy(item => _at[item]).OrderBy(place => place.Key))
        {
            if (!_program.Code[place.Key].Op.StartsWith("shfl", StringComparison.Ordinal) || place.Count() == Warp)
            {
                return [.. place];
            }
        }

        return ready.Count == 0 ? ready : throw new InvalidOperationException("Some lanes wait at a shuffle, and the others do not come.");
    }

    private void Step(List<int> items)
    {
        PtxInstruction code = _program.Code[_at[items[0]]];
        foreach (int item in items)
        {
            _at[item]++;
        }

        if (code.Guard >= 0)
        {
            items = [.. items.Where(item => _registers[item][code.Guard] != 0 != code.Negated)];
        }

        try
        {
            if (items.Count > 0)
            {
                Do(code, items);
            }
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException($"Item {items[0]} {e.Message}: {code.Text}", e);
        }
    }

    private void Do(PtxInstruction code, List<int> items)
    {
        string family = code.Op[..(code.Op + ".").IndexOf('.', StringComparison.Ordinal)];
        if (family is "mma" or "ldmatrix" or "bar" or "shfl" && items.Count != Warp)
        {
            throw new InvalidOperationException("is without the rest of its warp");
        }

        switch (family)
        {
            case "mma":
                PtxMatrices.Multiply(code, [.. items.Select(item => _registers[item])]);
                break;
            case "ldmatrix":
                PtxMatrices.Load(code, [.. items.Select(item => _registers[item])], [.. items.Select(item => _shared.Read(item, Aligned(code, item, 4, 16), 16).ToArray())]);
                break;
            case "shfl":
                ulong[] values = [.. items.Select(item => code.Operands[1].Of(_registers[item]))];
                int lanes = (int)code.Operands[2].Of(_registers[items[0]]);
                items.ForEach(item => Set(code, item, 0, values[(item % Warp) ^ lanes]));
                break;
            default:
                items.ForEach(item => Do(code, family, item));
                break;
        }
    }

    private void Do(PtxInstruction code, string family, int item)
    {
        ulong[] registers = _registers[item];
        if (code.Function is { } function)
        {
            Set(code, item, 0, function(Operand(1), Operand(2), Operand(3)));
            return;
        }

        switch (family)
        {
            case "bra":
                _at[item] = code.Target;
                break;
            case "ret":
                _ended[item] = true;
                break;
            case "bar":
                _waits[item] = true;
                break;
            case "ld" or "st":
                Move(code, item, family == "ld");
                break;
            case "cp":
                Copies(code, item);
                break;
            default:
                throw new InvalidOperationException("has an instruction that is not known here");
        }

        ulong Operand(int i) => i < code.Operands.Length ? code.Operands[i].Of(registers) : 0;
    }

    private void Move(PtxInstruction code, int item, bool loads)
    {
        string[] parts = code.Op.Split('.');
        int bytes = int.Parse(parts[^1][1..], CultureInfo.InvariantCulture) / 8, count = parts.Contains("v4") ? 4 : parts.Contains("v2") ? 2 : 1;
        ulong address = Aligned(code, item, loads ? count : 0, bytes * count);
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int i = 0; i < count; i++)
        {
            ulong place = address + (ulong)(bytes * i);
            word.Clear();
            if (loads)
            {
                ReadOnlySpan<byte> read = parts[1] == "param" ? _parameters.AsSpan((int)place, bytes) : parts[1] == "shared" ? _shared.Read(item, place, bytes) : _memory.At(place, bytes);
                read.CopyTo(word);
                Set(code, item, i, BinaryPrimitives.ReadUInt64LittleEndian(word));
            }
            else
            {
                BinaryPrimitives.WriteUInt64LittleEndian(word, code.Operands[i + 2].Of(_registers[item]));
                if (parts[1] == "shared")
                {
                    _shared.Write(item, place, word[..bytes]);
                }
                else
                {
                    word[..bytes].CopyTo(_memory.At(place, bytes));
                }
            }
        }
    }

    // An item's batches, of which the last has not ended.
    private void Copies(PtxInstruction code, int item)
    {
        List<List<Copy>> batches = _batches[item];
        if (code.Op == "cp.async.commit_group")
        {
            batches.Add([]);
        }
        else if (code.Op == "cp.async.wait_group")
        {
            int landing = Math.Max(0, batches.Count - 1 - (int)code.Operands[0].Constant);
            batches.Take(landing).SelectMany(batch => batch).ToList().ForEach(copy => _shared.Land(item, copy.To, copy.Data));
            batches.RemoveRange(0, landing);
        }
        else
        {
            int bytes = (int)code.Operands[5].Of(_registers[item]);
            byte[] data = new byte[16];
            if (bytes > 0)
            {
                _memory.At(Aligned(code, item, 2, 16), bytes).CopyTo(data);
            }

            ulong to = Aligned(code, item, 0, 16);
            _shared.Begin(item, to, 16);
            batches[^1].Add(new(to, data));
        }
    }

    private ulong Aligned(PtxInstruction code, int item, int operand, int bytes)
    {
        ulong address = code.Operands[operand].Of(_registers[item]) + code.Operands[operand + 1].Constant;
        return address % (ulong)bytes == 0 ? address : throw new InvalidOperationException("is off the alignment");
    }

    private void Set(PtxInstruction code, int item, int operand, ulong value) => _registers[item][code.Operands[operand].Register] = value;

    private readonly record struct Copy(ulong To, byte[] Data);
}
