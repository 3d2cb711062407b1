using System.Runtime.CompilerServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>Packs a weight into panels, one panel's block of inputs a task; rows are turned into columns by register transpositions. It looks for values that are no numbers while they are at hand.</summary>
internal sealed unsafe class PackJob(PanelSize size, ElementType type) : ParallelJob
{
    private readonly int _blocks = (size.Inputs + Panels.KBlock - 1) / Panels.KBlock;

    /// <summary>The weight's rows, one after the other; set before each run.</summary>
    public byte* Source;

    /// <summary>The panels; set before each run.</summary>
    public byte* Target;

    /// <summary>Whether there was a value that is no number; taken back before each run.</summary>
    public bool FoundNonFinite;

    public int Tasks => size.Panels * _blocks;

    public override void Execute(int task, byte* scratch)
    {
        (int panel, int block) = Math.DivRem(task, _blocks);
        int channel = block * Panels.KBlock, channels = Math.Min(size.Inputs - channel, Panels.KBlock);
        nint to = ((nint)panel * size.PanelElements) + ((nint)channel * size.Taps * Panels.Columns);
        switch (type)
        {
            case ElementType.F16 or ElementType.BF16:
                Pack<ushort, Transpose16>((ushort*)Source, (ushort*)Target + to, panel, channel, channels);
                break;
            case ElementType.F8E4M3 or ElementType.F8E5M2:
                Pack<byte, Transpose8>(Source, Target + to, panel, channel, channels);
                break;
            default:
                Pack<float, Transpose32>((float*)Source, (float*)Target + to, panel, channel, channels);
                break;
        }

        if (NonFinite.Find(type, Target + (to * type.Size()), (long)channels * size.Taps * Panels.Columns) >= 0)
        {
            FoundNonFinite = true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Pack<T, TTranspose>(T* source, T* target, int panel, int channel, int channels)
        where T : unmanaged
        where TTranspose : struct, ITranspose<T>
    {
        int taps = size.Taps, count = channels * taps, side = TTranspose.Side;
        nint rowLength = (nint)size.Inputs * taps, first = (nint)channel * taps;
        T** to = stackalloc T*[side];
        T** from = stackalloc T*[side];
        for (int column = 0; column < Panels.Columns; column += side)
        {
            bool whole = Interleave.IsSupported;
            for (int j = 0; j < side; j++)
            {
                int row = size.Row(panel, column + j);
                from[j] = row < 0 ? null : source + (row * rowLength) + first;
                whole &= row >= 0;
            }

            // In memory an input's taps are neighbours; in a panel a tap's inputs are.
            (int input, int tap) = (0, 0);
            int i = 0;
            for (; whole && i <= count - side; i += side)
            {
                for (int j = 0; j < side; j++)
                {
                    to[j] = target + ((((nint)tap * channels) + input) * Panels.Columns) + column;
                    (input, tap) = ++tap == taps ? (input + 1, 0) : (input, tap);
                }

                TTranspose.Block(from, i, to);
            }

            for (; i < count; i++)
            {
                T* values = target + ((((nint)tap * channels) + input) * Panels.Columns) + column;
                for (int j = 0; j < side; j++)
                {
                    values[j] = from[j] == null ? default : from[j][i];
                }

                (input, tap) = ++tap == taps ? (input + 1, 0) : (input, tap);
            }
        }
    }
}
