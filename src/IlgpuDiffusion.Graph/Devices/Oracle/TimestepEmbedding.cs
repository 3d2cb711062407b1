using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Devices.Oracle;

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

            double angle = x[0][b, h, w, 0] * Math.Exp(-Math.Log(op.Period) * (c % half) / (half - op.Shift));
            return c < half == op.CosineFirst ? Math.Cos(angle) : Math.Sin(angle);
        }, cancel);
    });
}
