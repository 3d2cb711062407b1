using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>Takes finished sums, still in the cache, to the result: bias, row bias, activation or gate, residual, in this order.</summary>
internal static unsafe class EpilogueRows
{
    /// <summary>Writes neighbouring pixels of one image.</summary>
    /// <param name="sums">The first pixel in the first panel; pixels are 32 floats apart.</param>
    /// <param name="panelFloats">Floats from one panel to the next.</param>
    /// <param name="output">The result.</param>
    /// <param name="pixel">The number of the first pixel in the result.</param>
    /// <param name="count">Pixels.</param>
    /// <param name="image">Their image, for row biases.</param>
    /// <param name="first">The first output of the first panel.</param>
    /// <param name="outputs">Outputs to write.</param>
    public static void Write(float* sums, nint panelFloats, in OutputPlaces output, nint pixel, int count, int image, int first, int outputs)
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Write<Simd512, Vector512<float>>(sums, panelFloats, output, pixel, count, image, first, outputs);
                break;
            case SimdLevel.Vector256:
                Write<Simd256, Vector256<float>>(sums, panelFloats, output, pixel, count, image, first, outputs);
                break;
            case SimdLevel.Vector128:
                Write<Simd128, Vector128<float>>(sums, panelFloats, output, pixel, count, image, first, outputs);
                break;
            default:
                Write<SimdScalar, float>(sums, panelFloats, output, pixel, count, image, first, outputs);
                break;
        }
    }

    private static void Write<TSimd, TVector>(float* sums, nint panelFloats, in OutputPlaces output, nint pixel, int count, int image, int first, int outputs)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        switch (output.Activation)
        {
            case Activation.None:
                Write<TSimd, TVector, Identity>(sums, panelFloats, output, pixel, count, image, first, outputs);
                break;
            case Activation.Silu:
                Write<TSimd, TVector, Silu>(sums, panelFloats, output, pixel, count, image, first, outputs);
                break;
            case Activation.Gelu:
                Write<TSimd, TVector, Gelu>(sums, panelFloats, output, pixel, count, image, first, outputs);
                break;
            default:
                Write<TSimd, TVector, QuickGelu>(sums, panelFloats, output, pixel, count, image, first, outputs);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Write<TSimd, TVector, TActivation>(float* sums, nint panelFloats, in OutputPlaces output, nint pixel, int count, int image, int first, int outputs)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TActivation : struct, IActivation
    {
        float* bias = Offset(output.Bias, first);
        float* row = Offset(output.RowBias, first + (output.RowBias == null ? 0 : image / output.ImagesPerRowBias * output.RowBiasStride));
        float* residual = Offset(output.Residual, first + (pixel * output.ResidualStride));
        float* y = output.Y + (pixel * output.Stride) + first;
        int panelOutputs = output.Gated ? Panels.Columns / 2 : Panels.Columns;
        for (int i = 0; i < count; i++)
        {
            float* panel = sums;
            for (int done = 0; done < outputs; done += panelOutputs, panel += panelFloats)
            {
                int width = Math.Min(outputs - done, panelOutputs);
                int vectors = width - (width % TSimd.Width);
                float* b = Offset(bias, done), r = Offset(row, done), added = Offset(residual, done);
                if (output.Gated)
                {
                    Gate<TSimd, TVector, TActivation>(panel, y + done, b, r, added, output.Outputs, 0, vectors);
                    Gate<SimdScalar, float, TActivation>(panel, y + done, b, r, added, output.Outputs, vectors, width);
                }
                else
                {
                    Plain<TSimd, TVector, TActivation>(panel, y + done, b, r, added, 0, vectors);
                    Plain<SimdScalar, float, TActivation>(panel, y + done, b, r, added, vectors, width);
                }
            }

            sums += Panels.Columns;
            y += output.Stride;
            residual = Offset(residual, output.ResidualStride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Plain<TSimd, TVector, TActivation>(float* sums, float* y, float* bias, float* row, float* residual, nint from, nint to)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TActivation : struct, IActivation
    {
        for (nint n = from; n < to; n += TSimd.Width)
        {
            TVector value = TActivation.Apply<TSimd, TVector>(Sum<TSimd, TVector>(sums, bias, row, n));
            TSimd.Store(y + n, residual == null ? value : TSimd.Add(value, TSimd.Load(residual + n)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gate<TSimd, TVector, TActivation>(float* sums, float* y, float* bias, float* row, float* residual, nint gates, nint from, nint to)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TActivation : struct, IActivation
    {
        float* gateSums = sums + (Panels.Columns / 2), gateBias = Offset(bias, gates), gateRow = Offset(row, gates);
        for (nint n = from; n < to; n += TSimd.Width)
        {
            TVector gate = TActivation.Apply<TSimd, TVector>(Sum<TSimd, TVector>(gateSums, gateBias, gateRow, n));
            TVector value = TSimd.Multiply(Sum<TSimd, TVector>(sums, bias, row, n), gate);
            TSimd.Store(y + n, residual == null ? value : TSimd.Add(value, TSimd.Load(residual + n)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Sum<TSimd, TVector>(float* sums, float* bias, float* row, nint n)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        TVector value = TSimd.Load(sums + n);
        value = bias == null ? value : TSimd.Add(value, TSimd.Load(bias + n));
        return row == null ? value : TSimd.Add(value, TSimd.Load(row + n));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Offset(float* from, nint count) => from == null ? null : from + count;
}
