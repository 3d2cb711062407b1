using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>The tile kernels of this machine's width, 32 columns at a time.</summary>
internal static unsafe class TileSweep
{
    /// <summary>Rows of the tall tile.</summary>
    public static int Tall => Simd.Level == SimdLevel.Vector512 ? Tile14.Rows : Tile6.Rows;

    /// <summary>Rows of the short tile.</summary>
    public static int Short => Simd.Level == SimdLevel.Vector512 ? Tile8.Rows : Tile4.Rows;

    /// <summary>Chooses how many tiles cover some rows with the least waste: tall ones first, then short ones.</summary>
    public static (int Tall, int Short) Cover(int rows)
    {
        (int Tall, int Short) best = ((rows + Tall - 1) / Tall, 0);
        int least = best.Tall * Tall;
        for (int tall = best.Tall - 1; tall >= 0 && tall >= best.Tall - 8; tall--)
        {
            int few = (rows - (tall * Tall) + Short - 1) / Short;
            if ((tall * Tall) + (few * Short) < least)
            {
                best = (tall, few);
                least = (tall * Tall) + (few * Short);
            }
        }

        return best;
    }

    /// <summary>Rows that the tiles of <see cref="Cover"/> write.</summary>
    public static int CoveredRows(int rows)
    {
        (int tall, int few) = Cover(rows);
        return (tall * Tall) + (few * Short);
    }

    /// <summary>One tile, <see cref="Tall"/> or <see cref="Short"/> rows by 32 columns, or by as many of them as are wanted or some more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply(int rows, float* a, float* b, nint k, float* c, bool first, int columns = Panels.Columns)
    {
        if (Simd.Level == SimdLevel.Vector512)
        {
            if (rows == Tile14.Rows)
            {
                Tile14.Multiply<Simd512, Vector512<float>>(a, b, k, c, first);
            }
            else
            {
                Tile8.Multiply<Simd512, Vector512<float>>(a, b, k, c, first);
            }
        }
        else if (Simd.Level == SimdLevel.Vector256)
        {
            Columns<Simd256, Vector256<float>>(rows, a, b, k, c, first, columns);
        }
        else if (Simd.Level == SimdLevel.Vector128)
        {
            Columns<Simd128, Vector128<float>>(rows, a, b, k, c, first, columns);
        }
        else
        {
            Columns<SimdScalar, float>(rows, a, b, k, c, first, columns);
        }
    }

    /// <summary>One tile narrower than 512 bits, as many of its 32 columns as are wanted, or some more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Columns<TSimd, TVector>(int rows, float* a, float* b, nint k, float* c, bool first, int columns)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        for (int column = 0; column < columns; column += 2 * TSimd.Width)
        {
            if (rows == Tile6.Rows)
            {
                Tile6.Multiply<TSimd, TVector>(a, b + column, k, c + column, first);
            }
            else
            {
                Tile4.Multiply<TSimd, TVector>(a, b + column, k, c + column, first);
            }
        }
    }
}
