using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>A product to try, and what it is exactly.</summary>
internal sealed record GemmCase(int M, int N, int K)
{
    public bool Bias { get; init; }

    public int RowsPerRowBias { get; init; }

    public bool Gated { get; init; }

    public bool Residual { get; init; }

    public Activation Activation { get; init; }

    public int Outputs => Gated ? N / 2 : N;

    public GemmShape Shape(int stride, int columns) => new()
    {
        M = M,
        N = N,
        K = K,
        StrideA = stride,
        StrideW = stride,
        StrideC = Outputs,
        StrideResidual = Outputs,
        StrideRowBias = N,
        Fours = Outputs % 4 == 0 ? 1 : 0,
        TilesM = (M + GemmTile.Rows - 1) / GemmTile.Rows,
        TilesN = (Outputs + (Gated ? columns / 2 : columns) - 1) / (Gated ? columns / 2 : columns),
        HasBias = Bias ? 1 : 0,
        RowsPerRowBias = RowsPerRowBias,
        Gated = Gated ? 1 : 0,
        HasResidual = Residual ? 1 : 0,
        Activation = Activation,
    };

    /// <summary>An element of the result in 64 bits, and the size that its error is measured by.</summary>
    public double Exact(int row, int column, Func<int, double> sum, float[] bias, float[] rowBias, float[] residual, out double scale)
    {
        double x = Biased(column);
        double gate = Gated ? Biased(column + Outputs) : 0;
        double activated = Gated ? x * Of(gate) : Of(x);
        double result = activated + (Residual ? residual[(row * Outputs) + column] : 0);
        scale = Math.Sqrt(K) + Math.Abs(x) + Math.Abs(activated) + Math.Abs(result);
        return result;

        double Biased(int output) => sum(output) + (Bias ? bias[output] : 0) + (RowsPerRowBias > 0 ? rowBias[(row / RowsPerRowBias * N) + output] : 0);
    }

    private double Of(double x) => Activation switch
    {
        Activation.Silu => x / (1 + Math.Exp(-x)),
        Activation.QuickGelu => x / (1 + Math.Exp(-1.702 * x)),

        // 1 + tanh z is 2 / (1 + exp(−2z)), which keeps its digits where tanh z is near −1.
        Activation.GeluTanh => x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        Activation.Gelu => x * Phi(x),
        _ => x,
    };

    // The normal distribution by its series or continued fraction.
    private static double Phi(double x)
    {
        double z = Math.Abs(x);
        double density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
        double tail;
        if (z < 4)
        {
            double sum = z;
            double term = z;
            for (int i = 1; i < 100; i++)
            {
                term *= z * z / ((2 * i) + 1);
                sum += term;
            }

            tail = 0.5 - (density * sum);
        }
        else
        {
            double fraction = z;
            for (int i = 60; i > 0; i--)
            {
                fraction = z + (i / fraction);
            }

            tail = density / fraction;
        }

        return x < 0 ? tail : 1 - tail;
    }
}
