using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>Takes finished sums, still in the cache, to the result: bias, row bias, activation or gate, residual, in this order.</summary>
internal static unsafe class EpilogueRows
{
    /// <summary>Writes one panel of neighbouring pixels of one image.</summary>
    /// <param name="sums">The first pixel; pixels are 32 floats apart.</param>
    /// <param name="output">The result.</param>
    /// <param name="pixel">The number of the first pixel in the result.</param>
    /// <param name="count">Pixels.</param>
    /// <param name="image">Their image, for row biases.</param>
    /// <param name="first">The first output of the panel.</param>
    /// <param name="outputs">Outputs to write.</param>
    public static void Write(float* sums, in OutputPlaces output, nint pixel, int count, int image, int first, int outputs)
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Write<Simd512, Vector512<float>>(sums, output, pixel, count, image, first, outputs);
                break;
            case SimdLevel.Vector256:
                Write<Simd256, Vector256<float>>(sums, output, pixel, count, image, first, outputs);
                break;
            case SimdLevel.Vector128:
                Write<Simd128, Vector128<float>>(sums, output, pixel, count, image, first, outputs);
                break;
            default:
                Write<SimdScalar, float>(sums, output, pixel, count, image, first, outputs);
                break;
        }
    }

    private static void Write<TSimd, TVector>(float* sums, in OutputPlaces output, nint pixel, int count, int image, int first, int outputs)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        switch (output.Activation)
        {
            case Activation.None:
                Write<TSimd, TVector, Identity>(sums, output, pixel, count, image, first, outputs);
                break;
            case Activation.Silu:
                Write<TSimd, TVector, Silu>(sums, output, pixel, count, image, first, outputs);
                break;
            case Activation.Gelu:
                Write<TSimd, TVector, Gelu>(sums, output, pixel, count, image, first, outputs);
                break;
            case Activation.QuickGelu:
                Write<TSimd, TVector, QuickGelu>(sums, output, pixel, count, image, first, outputs);
                break;
            case Activation.Relu:
                Write<TSimd, TVector, Relu>(sums, output, pixel, count, image, first, outputs);
                break;
            default:
                Write<TSimd, TVector, GeluTanh>(sums, output, pixel, count, image, first, outputs);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write<TSimd, TVector, TActivation>(float* sums, in OutputPlaces output, nint pixel, int count, int image, int first, int outputs)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TActivation : struct, IActivation
    {
        float* bias = Offset(output.Bias, first);
        float* row = Offset(output.RowBias, first + (output.RowBias == null ? 0 : image / output.ImagesPerRowBias * output.RowBiasStride));
        float* residual = Offset(output.Residual, first + (pixel * output.ResidualStride));
        float* y = output.Y + (pixel * output.Stride) + first;
        int vectors = outputs - (outputs % TSimd.Width);
        if (output.Gated)
        {
            Gate<TSimd, TVector, TActivation>(sums, y, bias, row, residual, output, count, 0, vectors);
            Gate<SimdScalar, float, TActivation>(sums, y, bias, row, residual, output, count, vectors, outputs);
        }
        else
        {
            Plain<TSimd, TVector, TActivation>(sums, y, bias, row, residual, output, count, 0, vectors);
            Plain<SimdScalar, float, TActivation>(sums, y, bias, row, residual, output, count, vectors, outputs);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Plain<TSimd, TVector, TActivation>(float* sums, float* y, float* bias, float* row, float* residual, in OutputPlaces output, int count, nint from, nint to)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TActivation : struct, IActivation
    {
        for (nint n = from; n < to; n += TSimd.Width)
        {
            float* sum = sums + n, target = y + n, added = Offset(residual, n);
            for (int i = 0; i < count; i++, sum += Panels.Columns, target += output.Stride)
            {
                TVector value = TActivation.Apply<TSimd, TVector>(Sum<TSimd, TVector>(sum, bias, row, n));
                if (residual != null)
                {
                    value = TSimd.Add(value, TSimd.Load(added));
                    added += output.ResidualStride;
                }

                TSimd.Store(target, value);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gate<TSimd, TVector, TActivation>(float* sums, float* y, float* bias, float* row, float* residual, in OutputPlaces output, int count, nint from, nint to)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TActivation : struct, IActivation
    {
        float* gateBias = Offset(bias, output.Outputs), gateRow = Offset(row, output.Outputs);
        for (nint n = from; n < to; n += TSimd.Width)
        {
            float* sum = sums + n, target = y + n, added = Offset(residual, n);
            for (int i = 0; i < count; i++, sum += Panels.Columns, target += output.Stride)
            {
                TVector gate = TActivation.Apply<TSimd, TVector>(Sum<TSimd, TVector>(sum + (Panels.Columns / 2), gateBias, gateRow, n));
                TVector value = TSimd.Multiply(Sum<TSimd, TVector>(sum, bias, row, n), gate);
                if (residual != null)
                {
                    value = TSimd.Add(value, TSimd.Load(added));
                    added += output.ResidualStride;
                }

                TSimd.Store(target, value);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sum<TSimd, TVector>(float* sums, float* bias, float* row, nint n)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector value = TSimd.Load(sums);
        value = bias == null ? value : TSimd.Add(value, TSimd.Load(bias + n));
        return row == null ? value : TSimd.Add(value, TSimd.Load(row + n));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Offset(float* from, nint count) => from == null ? null : from + count;
}
