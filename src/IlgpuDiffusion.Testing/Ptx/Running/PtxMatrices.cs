using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>ldmatrix and mma.m16n8k16 of a warp, after "Warp-level matrix instructions" of the PTX ISA.</summary>
internal static class PtxMatrices
{
    private const int Lanes = PtxWarp.Lanes;

    /// <summary>Four 8×8 matrices: lane l gets numbers 2(l%4) and +1 of row l/4 of each, or of column l/4.</summary>
    /// <param name="step">The instruction.</param>
    /// <param name="rows">The rows that the lanes point at, 16 bytes each.</param>
    /// <param name="registers">The warp's registers.</param>
    public static void Load(PtxStep step, ReadOnlySpan<byte> rows, ulong[] registers)
    {
        ReadOnlySpan<ushort> numbers = MemoryMarshal.Cast<byte, ushort>(rows);
        for (int lane = 0; lane < Lanes; lane++)
        {
            (int line, int pair) = (lane / 4, 2 * (lane % 4));
            for (int matrix = 0; matrix < 4; matrix++)
            {
                int low = step.Flag ? (pair * 8) + line : (line * 8) + pair, high = step.Flag ? low + 8 : low + 1;
                registers[(step.Places[matrix] * Lanes) + lane] = numbers[(64 * matrix) + low] | ((uint)numbers[(64 * matrix) + high] << 16);
            }
        }
    }

    /// <summary>D [16, 8] = A [16, 16] · B [16, 8] + C, summed in 64 bits.</summary>
    /// <param name="step">The instruction.</param>
    /// <param name="registers">The warp's registers.</param>
    public static void Multiply(PtxStep step, ulong[] registers)
    {
        Span<double> a = stackalloc double[16 * 16], b = stackalloc double[8 * 16], sums = stackalloc double[16 * 8];
        for (int lane = 0; lane < Lanes; lane++)
        {
            (int group, int pair) = (lane / 4, 2 * (lane % 4));
            for (int i = 0; i < 4; i++)
            {
                Numbers(Register(4 + i, lane), step.Flag, a[((16 * (group + (8 * (i & 1)))) + pair + (8 * (i >> 1)))..]);
                sums[(8 * (group + (8 * (i >> 1)))) + pair + (i & 1)] = PtxArithmetic.Single(Register(10 + i, lane));
            }

            // By columns.
            for (int i = 0; i < 2; i++)
            {
                Numbers(Register(8 + i, lane), step.Flag, b[((16 * group) + pair + (8 * i))..]);
            }
        }

        for (int row = 0; row < 16; row++)
        {
            for (int column = 0; column < 8; column++)
            {
                double sum = sums[(8 * row) + column];
                for (int k = 0; k < 16; k++)
                {
                    sum += a[(16 * row) + k] * b[(16 * column) + k];
                }

                sums[(8 * row) + column] = sum;
            }
        }

        for (int lane = 0; lane < Lanes; lane++)
        {
            for (int i = 0; i < 4; i++)
            {
                registers[(step.Places[i] * Lanes) + lane] = PtxArithmetic.Bits((float)sums[(8 * ((lane / 4) + (8 * (i >> 1)))) + (2 * (lane % 4)) + (i & 1)]);
            }
        }

        ulong Register(int place, int lane) => registers[(step.Places[place] * Lanes) + lane];
    }

    private static void Numbers(ulong word, bool isBFloat, Span<double> to)
    {
        (to[0], to[1]) = isBFloat
            ? (BitConverter.UInt32BitsToSingle((uint)word << 16), BitConverter.UInt32BitsToSingle((uint)word & 0xffff0000))
            : ((double)BitConverter.UInt16BitsToHalf((ushort)word), (double)BitConverter.UInt16BitsToHalf((ushort)(word >> 16)));
    }
}
