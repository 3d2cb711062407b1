using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>Weights 2^(score − largest so far) and their sums, running on from block to block (Milakov and Gimelshein 2018).</summary>
internal static unsafe class RunningSoftmax
{
    /// <summary>Stands for "no key yet": finite, so that a difference with −∞ is −∞ and not NaN, and every weight of a row without keys is 0.</summary>
    public const float Nothing = float.MinValue;

    /// <summary>Computes the weights of a tile's scores.</summary>
    /// <param name="tile">Its maxima and sums are brought up to date.</param>
    /// <param name="scores">Panels of 32 keys; −∞ from <paramref name="count"/> to the end of its panel.</param>
    /// <param name="panelFloats">Floats from one panel to the next.</param>
    /// <param name="count">Keys.</param>
    /// <param name="weights">Rows of 128.</param>
    /// <param name="scales">What earlier sums must be multiplied with, per row.</param>
    /// <returns>Whether any of them is not 1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool Weigh<TSimd, TVector>(QueryTile* tile, float* scores, int panelFloats, int count, float* weights, float* scales)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        const int Lanes = AttentionStep.Lanes;
        int rows = tile->Rows;
        bool rescale = false;
        for (int row = 0; row < rows; row++)
        {
            float before = tile->Max[row];
            TVector max = TSimd.Create(before);
            float* at = scores + (row * Panels.Columns);
            for (int key = 0; key < count; key += Panels.Columns, at += panelFloats)
            {
                for (nint lane = 0; lane < Panels.Columns; lane += 2 * TSimd.Width)
                {
                    max = TSimd.Max(max, TSimd.Max(TSimd.Load(at + lane), TSimd.Load(at + lane + TSimd.Width)));
                }
            }

            float after = Largest(max);
            tile->Max[row] = after;
            scales[row] = before - after;
            rescale |= before != after;
        }

        if (rescale)
        {
            for (int lane = 0; lane < Lanes; lane += TSimd.Width)
            {
                TSimd.Store(scales + lane, VectorMath.Exp2<TSimd, TVector>(TSimd.Load(scales + lane)));
            }
        }

        for (int row = 0; row < rows; row++)
        {
            TVector max = TSimd.Create(tile->Max[row]), scale = TSimd.Create(rescale ? scales[row] : 1f);
            for (int lane = 0; lane < Lanes; lane += TSimd.Width)
            {
                TVector sum = TSimd.Create(0f);
                float* at = scores + (row * Panels.Columns) + lane, to = weights + (row * Panels.KBlock) + lane;
                for (int key = 0; key < count; key += Panels.Columns, at += panelFloats, to += Panels.Columns)
                {
                    TVector left = VectorMath.Exp2<TSimd, TVector>(TSimd.Subtract(TSimd.Load(at), max));
                    TVector right = VectorMath.Exp2<TSimd, TVector>(TSimd.Subtract(TSimd.Load(at + Lanes), max));
                    TSimd.Store(to, left);
                    TSimd.Store(to + Lanes, right);
                    sum = TSimd.Add(TSimd.Add(sum, left), right);
                }

                float* sums = tile->Lanes + (row * Lanes) + lane;
                TSimd.Store(sums, TSimd.MultiplyAdd(TSimd.Load(sums), scale, sum));
            }
        }

        return rescale;
    }

    /// <summary>The sum of the lanes, in pairs.</summary>
    public static float Total(float* lanes)
    {
        float* sums = stackalloc float[AttentionStep.Lanes];
        for (int i = 0; i < AttentionStep.Lanes; i++)
        {
            sums[i] = lanes[i];
        }

        for (int half = AttentionStep.Lanes / 2; half > 0; half /= 2)
        {
            for (int i = 0; i < half; i++)
            {
                sums[i] += sums[i + half];
            }
        }

        return sums[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest<TVector>(TVector vector)
        where TVector : struct
    {
        if (typeof(TVector) == typeof(Vector512<float>))
        {
            Vector512<float> v = Unsafe.BitCast<TVector, Vector512<float>>(vector);
            return Largest(Larger(v.GetLower(), v.GetUpper()));
        }

        if (typeof(TVector) == typeof(Vector256<float>))
        {
            return Largest(Unsafe.BitCast<TVector, Vector256<float>>(vector));
        }

        return typeof(TVector) == typeof(Vector128<float>)
            ? Largest(Unsafe.BitCast<TVector, Vector128<float>>(vector))
            : Unsafe.BitCast<TVector, float>(vector);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Larger(Vector256<float> a, Vector256<float> b) => Simd256.Max(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector256<float> v) => Largest(Simd128.Max(v.GetLower(), v.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Largest(Vector128<float> v)
    {
        v = Simd128.Max(v, Vector128.Shuffle(v, Vector128.Create(2, 3, 0, 1)));
        v = Simd128.Max(v, Vector128.Shuffle(v, Vector128.Create(1, 0, 3, 2)));
        return v.ToScalar();
    }
}
