using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing.Oracle;

internal sealed partial class OracleKernels
{
    public Prepared Affine(Affine op, in Operands operands) =>
        new OraclePrepared(operands, (x, y, cancel) => y.Fill((b, h, w, c) => (x[0][b, h, w, c] * op.Scale) + op.Offset, cancel));

    public Prepared Unary(Unary op, in Operands operands) =>
        new OraclePrepared(operands, (x, y, cancel) => y.Fill((b, h, w, c) => op.Function.Apply(x[0][b, h, w, c]), cancel));

    public Prepared Cast(Cast op, in Operands operands) =>
        new OraclePrepared(operands, (x, y, cancel) => y.Fill((b, h, w, c) => x[0][b, h, w, c], cancel));

    public Prepared Binary(Binary op, in Operands operands) =>
        new OraclePrepared(operands, (x, y, cancel) => y.Fill((b, h, w, c) =>
        {
            double left = x[0].At(b, h, w, c, y.Shape.Batch);
            double right = x[1].At(b, h, w, c, y.Shape.Batch);
            return op.Kind switch
            {
                BinaryKind.Add => left + right,
                BinaryKind.Subtract => left - right,
                BinaryKind.Multiply => left * right,
                BinaryKind.Divide => left / right,
                _ => throw new NotSupportedException($"Unknown kind {op.Kind}."),
            };
        }, cancel));

    public Prepared WeightedSum(WeightedSum op, in Operands operands) =>
        new OraclePrepared(operands, (x, y, cancel) => y.Fill((b, h, w, c) =>
        {
            double sum = 0;
            for (int i = 1; i < x.Length; i++)
            {
                sum += x[0][0, 0, 0, i - 1] * x[i][b, h, w, c];
            }

            return sum;
        }, cancel));

    public Prepared Gated(Gated op, in Operands operands) =>
        new OraclePrepared(operands, (x, y, cancel) =>
            y.Fill((b, h, w, c) => x[0][b, h, w, c] * op.Function.Apply(x[0][b, h, w, c + y.Shape.Channels]), cancel));

    public Prepared ScaleShift(ScaleShift op, in Operands operands) =>
        new OraclePrepared(operands, (x, y, cancel) => y.Fill((b, h, w, c) => ScaleShift(op.Function, x[0], x[1], b, h, w, c), cancel));

    // The sum is rounded before the activation, as it would be between a ScaleShift and a Unary.
    private static double ScaleShift(Activation function, in OracleTensor x, in OracleTensor scaleShift, int b, int h, int w, int c)
    {
        int batch = x.Shape.Batch;
        double scale = scaleShift.At(b, 0, 0, c, batch);
        double shift = scaleShift.At(b, 0, 0, c + x.Shape.Channels, batch);
        return function.Apply(Round((x[b, h, w, c] * scale) + shift));
    }
}
