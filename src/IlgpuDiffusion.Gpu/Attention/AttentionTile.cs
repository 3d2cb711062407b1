using System.Runtime.CompilerServices;
using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Four queries of a head on their way through the keys of a segment: scores, running softmax, weighted values, in named scalars.</summary>
internal static class AttentionTile
{
    private const int Block = 128;
    private const float Log2E = 1.44269504088896341f;

    /// <summary>Stands for "no key yet": finite, so that a difference with −∞ is −∞ and not NaN, and every weight of a query without keys is 0.</summary>
    private const float Nothing = float.MinValue;

    private static float Score(AttentionShape p, ArrayView<float> bias, long biasBase, float product, int query, int token, bool seen)
    {
        if (!seen)
        {
            return float.NegativeInfinity;
        }

        float score = product * p.Scale;
        if (p.ImagesPerBias != 0)
        {
            score += bias[biasBase + ((long)query * p.BiasQuery) + ((long)token * p.BiasKey)] * Log2E;
        }

        return score;
    }

    private static float Larger(float a, float b) => a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Meet<TElement, TFormat>(
        AttentionShape p,
        ArrayView<TElement> queries,
        ArrayView<TElement> keys,
        ArrayView<TElement> values,
        KeyRange range,
        ArrayView<float> bias,
        ArrayView<float> sums,
        ArrayView<TElement> result,
        int image,
        int head,
        int q0,
        int q1,
        int q2,
        int q3)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        long channel = (long)head * p.Depth, pixel = (long)image * p.Queries;
        long keyBase = ((long)(image / p.ImagesPerKeys) * p.KeyHeight * p.KeyWidth * p.KeyStride) + channel;
        long valueBase = ((long)(image / p.ImagesPerKeys) * p.KeyHeight * p.KeyWidth * p.ValueStride) + channel;
        long biasBase = p.ImagesPerBias == 0 ? 0 : ((long)(image / p.ImagesPerBias) * p.BiasRow) + ((long)head * p.BiasHead);
        long at = ((long)image * p.Heads) + head;
        long a0 = ((pixel + q0) * p.QueryStride) + channel, o0 = ((pixel + q0) * p.SumStride) + channel, z0 = p.State + (((at * p.Queries) + q0) * AttentionKernel.State);
        long a1 = ((pixel + q1) * p.QueryStride) + channel, o1 = ((pixel + q1) * p.SumStride) + channel, z1 = p.State + (((at * p.Queries) + q1) * AttentionKernel.State);
        long a2 = ((pixel + q2) * p.QueryStride) + channel, o2 = ((pixel + q2) * p.SumStride) + channel, z2 = p.State + (((at * p.Queries) + q2) * AttentionKernel.State);
        long a3 = ((pixel + q3) * p.QueryStride) + channel, o3 = ((pixel + q3) * p.SumStride) + channel, z3 = p.State + (((at * p.Queries) + q3) * AttentionKernel.State);
        float m0 = Nothing, m1 = Nothing, m2 = Nothing, m3 = Nothing, l0 = 0f, l1 = 0f, l2 = 0f, l3 = 0f;
        if (p.First != 0)
        {
            for (int d = 0; d < p.Depth; d++)
            {
                sums[o0 + d] = 0f;
                sums[o1 + d] = 0f;
                sums[o2 + d] = 0f;
                sums[o3 + d] = 0f;
            }
        }
        else
        {
            m0 = sums[z0];
            l0 = sums[z0 + 1];
            m1 = sums[z1];
            l1 = sums[z1 + 1];
            m2 = sums[z2];
            l2 = sums[z2 + 1];
            m3 = sums[z3];
            l3 = sums[z3 + 1];
        }

        int count = range.Count;
        if (p.Causal != 0)
        {
            // Without tiles queries ascend, but those past the end repeat the first.
            int last = q0;
            last = q1 > last ? q1 : last;
            last = q2 > last ? q2 : last;
            last = q3 > last ? q3 : last;
            count = last + 1;
        }

        for (int key = 0; key < count; key += 4)
        {
            int end = count - 1;
            int n0 = KeyRange.Token(range, key);
            int n1 = KeyRange.Token(range, key + 1 < end ? key + 1 : end);
            int n2 = KeyRange.Token(range, key + 2 < end ? key + 2 : end);
            int n3 = KeyRange.Token(range, key + 3 < end ? key + 3 : end);
            long k0 = keyBase + ((long)n0 * p.KeyStride), v0 = valueBase + ((long)n0 * p.ValueStride);
            long k1 = keyBase + ((long)n1 * p.KeyStride), v1 = valueBase + ((long)n1 * p.ValueStride);
            long k2 = keyBase + ((long)n2 * p.KeyStride), v2 = valueBase + ((long)n2 * p.ValueStride);
            long k3 = keyBase + ((long)n3 * p.KeyStride), v3 = valueBase + ((long)n3 * p.ValueStride);
            float s00 = 0f, s01 = 0f, s02 = 0f, s03 = 0f;
            float s10 = 0f, s11 = 0f, s12 = 0f, s13 = 0f;
            float s20 = 0f, s21 = 0f, s22 = 0f, s23 = 0f;
            float s30 = 0f, s31 = 0f, s32 = 0f, s33 = 0f;
            for (int start = 0; start < p.Depth; start += Block)
            {
                int stop = start + Block < p.Depth ? start + Block : p.Depth;
                float c00 = 0f, c01 = 0f, c02 = 0f, c03 = 0f;
                float c10 = 0f, c11 = 0f, c12 = 0f, c13 = 0f;
                float c20 = 0f, c21 = 0f, c22 = 0f, c23 = 0f;
                float c30 = 0f, c31 = 0f, c32 = 0f, c33 = 0f;
                for (int d = start; d < stop; d++)
                {
                    float b0 = TFormat.Widen(keys[k0 + d]), b1 = TFormat.Widen(keys[k1 + d]), b2 = TFormat.Widen(keys[k2 + d]), b3 = TFormat.Widen(keys[k3 + d]);
                    float a = TFormat.Widen(queries[a0 + d]);
                    c00 += a * b0;
                    c01 += a * b1;
                    c02 += a * b2;
                    c03 += a * b3;
                    a = TFormat.Widen(queries[a1 + d]);
                    c10 += a * b0;
                    c11 += a * b1;
                    c12 += a * b2;
                    c13 += a * b3;
                    a = TFormat.Widen(queries[a2 + d]);
                    c20 += a * b0;
                    c21 += a * b1;
                    c22 += a * b2;
                    c23 += a * b3;
                    a = TFormat.Widen(queries[a3 + d]);
                    c30 += a * b0;
                    c31 += a * b1;
                    c32 += a * b2;
                    c33 += a * b3;
                }

                s00 += c00;
                s01 += c01;
                s02 += c02;
                s03 += c03;
                s10 += c10;
                s11 += c11;
                s12 += c12;
                s13 += c13;
                s20 += c20;
                s21 += c21;
                s22 += c22;
                s23 += c23;
                s30 += c30;
                s31 += c31;
                s32 += c32;
                s33 += c33;
            }

            s00 = Score(p, bias, biasBase, s00, q0, n0, (p.Causal == 0 || n0 <= q0));
            s10 = Score(p, bias, biasBase, s10, q1, n0, (p.Causal == 0 || n0 <= q1));
            s20 = Score(p, bias, biasBase, s20, q2, n0, (p.Causal == 0 || n0 <= q2));
            s30 = Score(p, bias, biasBase, s30, q3, n0, (p.Causal == 0 || n0 <= q3));
            s01 = Score(p, bias, biasBase, s01, q0, n1, key + 1 < count && (p.Causal == 0 || n1 <= q0));
            s11 = Score(p, bias, biasBase, s11, q1, n1, key + 1 < count && (p.Causal == 0 || n1 <= q1));
            s21 = Score(p, bias, biasBase, s21, q2, n1, key + 1 < count && (p.Causal == 0 || n1 <= q2));
            s31 = Score(p, bias, biasBase, s31, q3, n1, key + 1 < count && (p.Causal == 0 || n1 <= q3));
            s02 = Score(p, bias, biasBase, s02, q0, n2, key + 2 < count && (p.Causal == 0 || n2 <= q0));
            s12 = Score(p, bias, biasBase, s12, q1, n2, key + 2 < count && (p.Causal == 0 || n2 <= q1));
            s22 = Score(p, bias, biasBase, s22, q2, n2, key + 2 < count && (p.Causal == 0 || n2 <= q2));
            s32 = Score(p, bias, biasBase, s32, q3, n2, key + 2 < count && (p.Causal == 0 || n2 <= q3));
            s03 = Score(p, bias, biasBase, s03, q0, n3, key + 3 < count && (p.Causal == 0 || n3 <= q0));
            s13 = Score(p, bias, biasBase, s13, q1, n3, key + 3 < count && (p.Causal == 0 || n3 <= q1));
            s23 = Score(p, bias, biasBase, s23, q2, n3, key + 3 < count && (p.Causal == 0 || n3 <= q2));
            s33 = Score(p, bias, biasBase, s33, q3, n3, key + 3 < count && (p.Causal == 0 || n3 <= q3));

            float g0 = Larger(Larger(Larger(s00, s01), Larger(s02, s03)), m0);
            float r0 = DeviceMath.Exp2(m0 - g0);
            m0 = g0;
            s00 = DeviceMath.Exp2(s00 - g0);
            s01 = DeviceMath.Exp2(s01 - g0);
            s02 = DeviceMath.Exp2(s02 - g0);
            s03 = DeviceMath.Exp2(s03 - g0);
            l0 = (l0 * r0) + ((s00 + s01) + (s02 + s03));

            float g1 = Larger(Larger(Larger(s10, s11), Larger(s12, s13)), m1);
            float r1 = DeviceMath.Exp2(m1 - g1);
            m1 = g1;
            s10 = DeviceMath.Exp2(s10 - g1);
            s11 = DeviceMath.Exp2(s11 - g1);
            s12 = DeviceMath.Exp2(s12 - g1);
            s13 = DeviceMath.Exp2(s13 - g1);
            l1 = (l1 * r1) + ((s10 + s11) + (s12 + s13));

            float g2 = Larger(Larger(Larger(s20, s21), Larger(s22, s23)), m2);
            float r2 = DeviceMath.Exp2(m2 - g2);
            m2 = g2;
            s20 = DeviceMath.Exp2(s20 - g2);
            s21 = DeviceMath.Exp2(s21 - g2);
            s22 = DeviceMath.Exp2(s22 - g2);
            s23 = DeviceMath.Exp2(s23 - g2);
            l2 = (l2 * r2) + ((s20 + s21) + (s22 + s23));

            float g3 = Larger(Larger(Larger(s30, s31), Larger(s32, s33)), m3);
            float r3 = DeviceMath.Exp2(m3 - g3);
            m3 = g3;
            s30 = DeviceMath.Exp2(s30 - g3);
            s31 = DeviceMath.Exp2(s31 - g3);
            s32 = DeviceMath.Exp2(s32 - g3);
            s33 = DeviceMath.Exp2(s33 - g3);
            l3 = (l3 * r3) + ((s30 + s31) + (s32 + s33));

            for (int d = 0; d < p.Depth; d++)
            {
                float b0 = TFormat.Widen(values[v0 + d]), b1 = TFormat.Widen(values[v1 + d]), b2 = TFormat.Widen(values[v2 + d]), b3 = TFormat.Widen(values[v3 + d]);
                float y0 = (sums[o0 + d] * r0) + (((s00 * b0) + (s01 * b1)) + ((s02 * b2) + (s03 * b3)));
                float y1 = (sums[o1 + d] * r1) + (((s10 * b0) + (s11 * b1)) + ((s12 * b2) + (s13 * b3)));
                float y2 = (sums[o2 + d] * r2) + (((s20 * b0) + (s21 * b1)) + ((s22 * b2) + (s23 * b3)));
                float y3 = (sums[o3 + d] * r3) + (((s30 * b0) + (s31 * b1)) + ((s32 * b2) + (s33 * b3)));
                sums[o0 + d] = y0;
                sums[o1 + d] = y1;
                sums[o2 + d] = y2;
                sums[o3 + d] = y3;
            }
        }

        if (p.Last == 0)
        {
            sums[z0] = m0;
            sums[z0 + 1] = l0;
            sums[z1] = m1;
            sums[z1 + 1] = l1;
            sums[z2] = m2;
            sums[z2 + 1] = l2;
            sums[z3] = m3;
            sums[z3 + 1] = l3;
            return;
        }

        // No key, or none that may be seen: 0 by definition.
        float i0 = l0 == 0f ? 0f : 1f / l0, i1 = l1 == 0f ? 0f : 1f / l1, i2 = l2 == 0f ? 0f : 1f / l2, i3 = l3 == 0f ? 0f : 1f / l3;
        long e0 = ((pixel + q0) * p.ResultStride) + channel, e1 = ((pixel + q1) * p.ResultStride) + channel;
        long e2 = ((pixel + q2) * p.ResultStride) + channel, e3 = ((pixel + q3) * p.ResultStride) + channel;
        for (int d = 0; d < p.Depth; d++)
        {
            result[e0 + d] = TFormat.Narrow(sums[o0 + d] * i0);
            result[e1 + d] = TFormat.Narrow(sums[o1 + d] * i1);
            result[e2 + d] = TFormat.Narrow(sums[o2 + d] * i2);
            result[e3 + d] = TFormat.Narrow(sums[o3 + d] * i3);
        }
    }
}
