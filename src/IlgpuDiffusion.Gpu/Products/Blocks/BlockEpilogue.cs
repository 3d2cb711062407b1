using ILGPU;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>From sums in shared memory to the result: bias, row bias, activation or gate, residual; neighbouring items write neighbouring columns.</summary>
internal static class BlockEpilogue
{
    /// <summary>Rows that pass through shared memory at once.</summary>
    public const int Rows = 32;

    /// <summary>Writes some rows of the result.</summary>
    /// <param name="p">The sizes.</param>
    /// <param name="sums">Shared memory.</param>
    /// <param name="firstRow">The first row.</param>
    /// <param name="firstColumn">The block's first column.</param>
    /// <param name="bias">Per output.</param>
    /// <param name="rowBias">Per image and output.</param>
    /// <param name="residual">Added last.</param>
    /// <param name="y">The result.</param>
    public static void Write(ProductShape p, ArrayView<float> sums, int firstRow, int firstColumn, ArrayView<float> bias, ArrayView<float> rowBias, ArrayView<float> residual, ArrayView<float> y)
    {
        int shift = p.Gated != 0 ? 6 : 7;
        for (int i = Group.IdxX; i < Rows << shift; i += BlockTile.Items)
        {
            int line = i >> shift;
            int place = i - (line << shift);
            int row = firstRow + line;
            int column = firstColumn + place;
            if (row < p.Rows && column < p.Columns)
            {
                int at = (line * BlockTile.Line * 4) + place;
                float value = Biased(p, bias, rowBias, sums[at], row, column);
                if (p.Gated != 0)
                {
                    value *= Activate(p.Activation, Biased(p, bias, rowBias, sums[at + (BlockTile.Size / 2)], row, column + p.Columns));
                }
                else
                {
                    value = Activate(p.Activation, value);
                }

                if (p.Residual != 0)
                {
                    value += residual[((long)row * p.ResidualStride) + column];
                }

                y[((long)row * p.YStride) + column] = value;
            }
        }
    }

    private static float Biased(ProductShape p, ArrayView<float> bias, ArrayView<float> rowBias, float value, int row, int column)
    {
        if (p.Bias != 0)
        {
            value += bias[column];
        }

        if (p.RowBiasPixels != 0)
        {
            value += rowBias[((long)(row / p.RowBiasPixels) * p.RowBiasStride) + column];
        }

        return value;
    }

    private static float Activate(int activation, float x)
    {
        if (activation == (int)Activation.Gelu)
        {
            return Gelu.Of(x);
        }

        if (activation == (int)Activation.None)
        {
            return x;
        }

        if (activation == (int)Activation.GeluTanh)
        {
            return GeluTanh.Of(x);
        }

        if (activation == (int)Activation.Relu)
        {
            return Relu.Of(x);
        }

        return activation == (int)Activation.Silu ? Silu.Of(x) : QuickGelu.Of(x);
    }
}
