using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>Linear layers and convolutions with everything around them, by the definition, in double precision.</summary>
internal static class ProductReference
{
    public static double[] Compute(Op op, Prologue prologue, Epilogue epilogue, List<TensorType> types, List<float[]> values, Shape result)
    {
        (Shape x, Shape w) = (types[0].Shape, types[1].Shape);
        FusedOperands numbers = new(prologue, epilogue);
        double[] input = Prologues(prologue, x, numbers, types, values);
        Conv2d convolution = op as Conv2d ?? new Conv2d(1, default);
        Grid source = convolution.Source(x), kernel = op is Conv2d ? new Grid(w.Width, w.Channels) : new Grid(1, 1);
        int rows = op is Conv2d ? w.Batch : w.Width;
        double[] outputs = new double[result.Count];
        double[] sums = new double[rows];
        for (int pixel = 0; pixel < result.Rows; pixel++)
        {
            (int image, int y, int xx) = (pixel / result.Tokens, pixel % result.Tokens / result.Width, pixel % result.Width);
            for (int n = 0; n < rows; n++)
            {
                double sum = 0;
                for (int ky = 0; ky < kernel.Height; ky++)
                {
                    for (int kx = 0; kx < kernel.Width; kx++)
                    {
                        int sy = (y * convolution.Stride) + ky - convolution.Padding.Top, sx = (xx * convolution.Stride) + kx - convolution.Padding.Left;
                        if (sy < 0 || sy >= source.Height || sx < 0 || sx >= source.Width)
                        {
                            continue;
                        }

                        (sy, sx) = (sy * x.Height / source.Height, sx * x.Width / source.Width);
                        for (int c = 0; c < x.Channels; c++)
                        {
                            sum += input[(((((image * x.Height) + sy) * x.Width) + sx) * x.Channels) + c]
                                * values[1][(((((n * x.Channels) + c) * kernel.Height) + ky) * kernel.Width) + kx];
                        }
                    }
                }

                sum += epilogue.Bias ? values[numbers.Bias][n] : 0;
                sum += epilogue.RowBias ? values[numbers.RowBias][(image / (result.Batch / types[numbers.RowBias].Shape.Batch) * rows) + n] : 0;
                sums[n] = sum;
            }

            for (int n = 0; n < result.Channels; n++)
            {
                double value = epilogue.Gated ? sums[n] * Function(epilogue.Activation, sums[n + result.Channels]) : Function(epilogue.Activation, sums[n]);
                int index = (pixel * result.Channels) + n;
                outputs[index] = value + (epilogue.Residual ? values[numbers.Residual][index] : 0);
            }
        }

        return outputs;
    }

    public static double Function(Activation activation, double x) => activation switch
    {
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.Relu => Math.Max(x, 0),
        Activation.QuickGelu => x / (1 + Math.Exp(-1.702 * x)),

        // 1 + tanh z is 2 / (1 + exp(−2z)), which keeps its digits where tanh z is near −1.
        Activation.GeluTanh => x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        Activation.Gelu => x / 2 * Erfc(-x / Math.Sqrt(2)),
        _ => x,
    };

    /// <summary>By its series, or far out by its continued fraction.</summary>
    private static double Erfc(double x)
    {
        if (x < 0)
        {
            return 2 - Erfc(-x);
        }

        if (x < 2.5)
        {
            double term = x, sum = x;
            for (int n = 1; n < 200; n++)
            {
                term *= -x * x / n;
                sum += term / ((2 * n) + 1);
            }

            return 1 - (2 / Math.Sqrt(Math.PI) * sum);
        }

        double fraction = x;
        for (int n = 100; n > 0; n--)
        {
            fraction = x + (n / 2.0 / fraction);
        }

        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / fraction;
    }

    private static double[] Prologues(Prologue prologue, Shape x, FusedOperands numbers, List<TensorType> types, List<float[]> values)
    {
        double[] result = new double[x.Count];
        for (int i = 0; i < result.Length; i++)
        {
            (int pixel, int c) = (i / x.Channels, i % x.Channels);
            double value = values[0][i];
            if (prologue is Prologue.ScaleShift or Prologue.ScaleShiftSilu)
            {
                int row = pixel / x.Tokens / (x.Batch / types[numbers.Prologue].Shape.Batch) * 2 * x.Channels;
                value = (value * values[numbers.Prologue][row + c]) + values[numbers.Prologue][row + x.Channels + c];
                value = prologue == Prologue.ScaleShiftSilu ? Function(Activation.Silu, value) : value;
            }
            else if (prologue == Prologue.LayerNorm)
            {
                float[] statistics = values[numbers.Prologue];
                value = ((value - statistics[2 * pixel]) * statistics[(2 * pixel) + 1] * values[numbers.Prologue + 1][c]) + values[numbers.Prologue + 2][c];
            }

            // What a prologue makes is stored as the input is.
            result[i] = prologue == Prologue.None ? value : StorageTypes.Round(value, types[0].Type);
        }

        return result;
    }
}
