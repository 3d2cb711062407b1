using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing.Oracle;

internal sealed partial class OracleKernels
{
    public Prepared TimestepEmbedding(TimestepEmbedding op, in Operands operands) => new OraclePrepared(operands, (x, y, cancel) =>
    {
        int half = op.Channels / 2;
        y.Fill((b, h, w, c) =>
        {
            if (c >= 2 * half)
            {
                return 0;
            }

            // Rounded where torch rounds: exponent, frequency and angle are in single precision there.
            float exponent = (float)-Math.Log(op.Period) * (c % half) / (float)(half - op.Shift);
            float angle = (float)x[0][b, h, w, 0] * (float)Math.Exp(exponent);
            return c < half == op.CosineFirst ? Math.Cos(angle) : Math.Sin(angle);
        }, cancel);
    });
}
