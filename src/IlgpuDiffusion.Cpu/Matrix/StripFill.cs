using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>Copies pixels into a strip, through the prologue: one block of channels of each pixel, at the constant pitch that the tiles read.</summary>
internal static unsafe class StripFill
{
    /// <summary>Fills neighbouring positions from one line of the source.</summary>
    /// <param name="to">The first position.</param>
    /// <param name="pitch">Floats from one position to the next.</param>
    /// <param name="input">The input.</param>
    /// <param name="line">The number of the line's first pixel in the input.</param>
    /// <param name="columns">Per position the pixel of the line, −1 for zeros; null for one after the other.</param>
    /// <param name="count">Positions.</param>
    /// <param name="channel">The block's first channel.</param>
    /// <param name="channels">The block's channels.</param>
    /// <param name="image">The image, for scales per image.</param>
    public static void Line(float* to, nint pitch, in InputPlaces input, nint line, int* columns, int count, int channel, int channels, int image)
    {
        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Line<Simd512, Vector512<float>>(to, pitch, input, line, columns, count, channel, channels, image);
                break;
            case SimdLevel.Vector256:
                Line<Simd256, Vector256<float>>(to, pitch, input, line, columns, count, channel, channels, image);
                break;
            case SimdLevel.Vector128:
                Line<Simd128, Vector128<float>>(to, pitch, input, line, columns, count, channel, channels, image);
                break;
            default:
                Line<SimdScalar, float>(to, pitch, input, line, columns, count, channel, channels, image);
                break;
        }
    }

    private static void Line<TSimd, TVector>(float* to, nint pitch, in InputPlaces input, nint line, int* columns, int count, int channel, int channels, int image)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        float* from = input.X + (line * input.Stride) + channel;
        nint row = input.ImagesPerScale > 0 ? image / input.ImagesPerScale * input.ScaleStride : 0;
        float* scale = input.Scale + row + channel, shift = input.Shift + row + channel;
        switch (input.Prologue)
        {
            case Prologue.None:
                Pixels<TSimd, TVector, NoPrologue>(to, pitch, from, input.Stride, columns, count, channels, null, null, null, 0);
                break;
            case Prologue.ScaleShift:
                Pixels<TSimd, TVector, ScaleShiftPrologue>(to, pitch, from, input.Stride, columns, count, channels, scale, shift, null, 0);
                break;
            case Prologue.ScaleShiftSilu:
                Pixels<TSimd, TVector, ScaleShiftSiluPrologue>(to, pitch, from, input.Stride, columns, count, channels, scale, shift, null, 0);
                break;
            default:
                float* statistics = input.Statistics + (line * input.StatisticsStride);
                Pixels<TSimd, TVector, LayerNormPrologue>(to, pitch, from, input.Stride, columns, count, channels, scale, shift, statistics, input.StatisticsStride);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pixels<TSimd, TVector, TPrologue>(
        float* to, nint pitch, float* line, nint stride, int* columns, int count, int channels, float* scale, float* shift, float* statistics, nint statisticsStride)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TPrologue : struct, IPrologue
    {
        float mean = 0, deviation = 0;
        for (int i = 0; i < count; i++, to += pitch)
        {
            nint column = columns == null ? i : columns[i];
            if (column < 0)
            {
                NativeMemory.Clear(to, (nuint)channels * sizeof(float));
                continue;
            }

            if (statistics != null)
            {
                mean = statistics[column * statisticsStride];
                deviation = statistics[(column * statisticsStride) + 1];
            }

            float* from = line + (column * stride);
            TVector means = TSimd.Create(mean), deviations = TSimd.Create(deviation);
            nint c = 0;
            for (; c <= channels - TSimd.Width; c += TSimd.Width)
            {
                TSimd.Store(to + c, TPrologue.Apply<TSimd, TVector>(TSimd.Load(from + c), scale + c, shift + c, means, deviations));
            }

            for (; c < channels; c++)
            {
                to[c] = TPrologue.Apply<SimdScalar, float>(from[c], scale + c, shift + c, mean, deviation);
            }
        }
    }
}
