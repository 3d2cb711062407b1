using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>ldmatrix and mma.m16n8k16 of a warp, after "Warp-level matrix instructions" of the PTX ISA.</summary>
internal static class PtxMatrices
{
    /// <summary>Four 8×8 matrices: lane l gets numbers 2(l%4) and +1 of row l/4 of each, or of column l/4.</summary>
    public static void Load(PtxInstruction code, ulong[][] lanes, byte[][] rows)
    {
        bool transposed = code.Op.Contains(".trans", StringComparison.Ordinal);
        for (int lane = 0; lane < lanes.Length; lane++)
        {
            (int line, int pair) = (lane / 4, 2 * (lane % 4));
            for (int matrix = 0; matrix < 4; matrix++)
            {
                uint low = transposed ? Number(matrix, pair, line) : Number(matrix, line, pair), high = transposed ? Number(matrix, pair + 1, line) : Number(matrix, line, pair + 1);
                lanes[lane][code.Operands[matrix].Register] = low | (high << 16);
            }
        }

        uint Number(int matrix, int row, int column) => MemoryMarshal.Cast<byte, ushort>(rows[(8 * matrix) + row])[column];
    }

    /// <summary>D [16, 8] = A [16, 16] · B [16, 8] + C.</summary>
    public static void Multiply(PtxInstruction code, ulong[][] lanes)
    {
        bool brain = code.Op.Contains(".bf16.", StringComparison.Ordinal);
        double[,] a = new double[16, 16], b = new double[16, 8];
        for (int lane = 0; lane < lanes.Length; lane++)
        {
            (int group, int pair) = (lane / 4, 2 * (lane % 4));
            for (int i = 0; i < 4; i++)
            {
                (int row, int column) = (group + (8 * (i & 1)), pair + (8 * (i >> 1)));
                (a[row, column], a[row, column + 1]) = Numbers(code.Operands[4 + i].Of(lanes[lane]));
            }

            for (int i = 0; i < 2; i++)
            {
                (b[pair + (8 * i), group], b[pair + (8 * i) + 1, group]) = Numbers(code.Operands[8 + i].Of(lanes[lane]));
            }
        }

        for (int lane = 0; lane < lanes.Length; lane++)
        {
            ulong[] results = new ulong[4];
            for (int i = 0; i < 4; i++)
            {
                (int row, int column) = ((lane / 4) + (8 * (i >> 1)), (2 * (lane % 4)) + (i & 1));
                double sum = PtxArithmetic.Single(code.Operands[10 + i].Of(lanes[lane]));
                for (int k = 0; k < 16; k++)
                {
                    sum += a[row, k] * b[k, column];
                }

                results[i] = PtxArithmetic.Bits((float)sum);
            }

            for (int i = 0; i < 4; i++)
            {
                lanes[lane][code.Operands[i].Register] = results[i];
            }
        }

        (double Low, double High) Numbers(ulong word) => (Number((uint)word & 0xffff), Number((uint)word >> 16));

        double Number(uint bits) => brain ? BitConverter.UInt32BitsToSingle(bits << 16) : (double)BitConverter.UInt16BitsToHalf((ushort)bits);
    }
}
