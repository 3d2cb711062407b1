using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace IlgpuDiffusion.Cpu;

/// <summary>Weights 2^(score − largest so far) and their sums, running on from block to block (Milakov and Gimelshein 2018).</summary>
internal static unsafe class RunningSoftmax
{
    /// <summary>Stands for "no key yet": finite, so that a difference with −∞ is −∞ and not NaN, and every weight of a row without keys is 0.</summary>
    public const float Nothing = float.MinValue;

    private const int Lanes = AttentionStep.Lanes;

    /// <summary>Computes the weights of a tile's scores.</summary>
    /// <param name="tile">Its maxima and sums are brought up to date.</param>
    /// <param name="scores">Panels of 32 keys; −∞ from <paramref name="count"/> to the next multiple of 16.</param>
    /// <param name="panelFloats">Floats from one panel to the next.</param>
    /// <param name="count">Keys.</param>
    /// <param name="weights">Rows of 128, written up to the next multiple of 16.</param>
    /// <param name="scales">What earlier sums must be multiplied with, per row.</param>
    /// <returns>Whether any of them is not 1.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static bool Weigh<TSimd, TVector>(QueryTile* tile, float* scores, nint panelFloats, int count, float* weights, float* scales)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        bool rescale = Maxima<TSimd, TVector>(tile, scores, panelFloats, count, scales);
        float* constants = stackalloc float[VectorMath.Exp2ConstantCount];
        VectorMath.Exp2Constants(constants);
        TVector lowest = TSimd.Create(constants[0]), round = TSimd.Create(constants[1]), p6 = TSimd.Create(constants[2]), p5 = TSimd.Create(constants[3]);
        TVector p4 = TSimd.Create(constants[4]), p3 = TSimd.Create(constants[5]), p2 = TSimd.Create(constants[6]), p1 = TSimd.Create(constants[7]), one = TSimd.Create(constants[8]);
        if (rescale)
        {
            for (int lane = 0; lane < Lanes; lane += TSimd.Width)
            {
                TSimd.Store(scales + lane, VectorMath.Exp2<TSimd, TVector>(TSimd.Load(scales + lane), lowest, round, p6, p5, p4, p3, p2, p1, one));
            }
        }

        int pairs = count / Panels.Columns;
        bool odd = count - (pairs * Panels.Columns) is > 0 and <= Lanes;
        pairs += count % Panels.Columns > Lanes ? 1 : 0;
        int rows = tile->Rows;
        for (int row = 0; row < rows; row++)
        {
            TVector max = TSimd.Create(tile->Max[row]), scale = TSimd.Create(rescale ? scales[row] : 1f);
            for (int lane = 0; lane < Lanes; lane += TSimd.Width)
            {
                TVector sum = TSimd.Create(0f);
                float* at = scores + (row * Panels.Columns) + lane, to = weights + (row * Panels.KBlock) + lane;
                for (int i = 0; i < pairs; i++, at += panelFloats, to += Panels.Columns)
                {
                    TVector left = VectorMath.Exp2<TSimd, TVector>(TSimd.Subtract(TSimd.Load(at), max), lowest, round, p6, p5, p4, p3, p2, p1, one);
                    TVector right = VectorMath.Exp2<TSimd, TVector>(TSimd.Subtract(TSimd.Load(at + Lanes), max), lowest, round, p6, p5, p4, p3, p2, p1, one);
                    TSimd.Store(to, left);
                    TSimd.Store(to + Lanes, right);
                    sum = TSimd.Add(TSimd.Add(sum, left), right);
                }

                if (odd)
                {
                    TVector left = VectorMath.Exp2<TSimd, TVector>(TSimd.Subtract(TSimd.Load(at), max), lowest, round, p6, p5, p4, p3, p2, p1, one);
                    TSimd.Store(to, left);
                    sum = TSimd.Add(sum, left);
                }

                float* sums = tile->Lanes + (row * Lanes) + lane;
                TSimd.Store(sums, TSimd.MultiplyAdd(TSimd.Load(sums), scale, sum));
            }
        }

        return rescale;
    }

    /// <summary>Brings the maxima up to date and writes by how much they fell behind, base 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Maxima<TSimd, TVector>(QueryTile* tile, float* scores, nint panelFloats, int count, float* scales)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        bool rescale = false;
        for (int row = 0; row < tile->Rows; row++)
        {
            float before = tile->Max[row];
            TVector max = TSimd.Create(before);
            float* at = scores + (row * Panels.Columns);
            for (int key = 0; key < count; key += Panels.Columns, at += panelFloats)
            {
                for (nint lane = 0; lane < Lanes; lane += TSimd.Width)
                {
                    max = TSimd.Max(max, TSimd.Load(at + lane));
                }

                for (nint lane = Lanes; lane < Panels.Columns && key + Lanes < count; lane += TSimd.Width)
                {
                    max = TSimd.Max(max, TSimd.Load(at + lane));
                }
            }

            float after = Largest(max);
            tile->Max[row] = after;
            scales[row] = before - after;
            rescale |= before != after;
        }

        return rescale;
    }

    /// <summary>The sum of the lanes, in pairs.</summary>
    public static float Total(float* lanes)
    {
        Vector128<float> low = Vector128.Load(lanes) + Vector128.Load(lanes + 8), high = Vector128.Load(lanes + 4) + Vector128.Load(lanes + 12);
        Vector128<float> sum = low + high;
        sum += Vector128.Shuffle(sum, Vector128.Create(2, 3, 0, 1));
        return sum.ToScalar() + sum.GetElement(1);
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
