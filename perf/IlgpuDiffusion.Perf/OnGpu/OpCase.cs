using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>An op with operands that depend on the type in which activations are stored.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Op">The op.</param>
/// <param name="Terms">Terms of the longest sum.</param>
/// <param name="Operands">The operands for a storage type.</param>
internal sealed record OpCase(string Name, Op Op, int Terms, Func<ElementType, OpOperand[]> Operands)
{
    /// <summary>x · Wᵀ, with what the layers of a transformer add.</summary>
    public static OpCase Linear(int rows, int inputs, int outputs, bool gated = false, bool residual = false, bool bias = false, bool norm = false, int batch = 1) => new(
        $"linear {batch * rows}×{inputs}→{outputs}{(gated ? ", gated" : "")}{(residual ? ", residual" : "")}{(norm ? ", layer norm in front" : "")}",
        new Linear(norm ? Prologue.LayerNorm : Prologue.None, new Epilogue(bias, Activation: gated ? Activation.Gelu : Activation.None, Gated: gated, Residual: residual)),
        inputs,
        type =>
        {
            Shape x = new(batch, 1, rows, inputs), y = x with { Channels = gated ? outputs / 2 : outputs };
            List<OpOperand> operands = [Of(x, type, 1), Of(Shape.Matrix(outputs, inputs), type, 2, Math.Pow(inputs, -0.5))];
            operands.AddRange(norm ? [Of(x with { Channels = 2 }, ElementType.F32, 3, 0.1, 1), Exact(inputs, 4), Exact(inputs, 5)] : []);
            operands.AddRange(bias ? [Exact(outputs, 6)] : []);
            operands.AddRange(residual ? [Of(y, type, 7)] : []);
            return [.. operands];
        });

    /// <summary>A convolution with bias; with <paramref name="norm"/> as a residual block has it: an applied group norm and SiLU in front, the time's vector and a residual behind.</summary>
    public static OpCase Convolution(int batch, int channels, int side, int outputs, int kernel = 3, int stride = 1, bool doubled = false, bool norm = false)
    {
        Padding padding = stride == 2 ? new Padding(0, 0, 1, 1) : Padding.All(kernel / 2);
        int source = doubled ? 2 * side : side, to = ((source + padding.Top + padding.Bottom - kernel) / stride) + 1;
        return new(
            $"convolution {kernel}×{kernel}, {batch}×{side}²×{channels}→{outputs}{(stride > 1 ? $", stride {stride}" : "")}{(doubled ? ", doubled" : "")}{(norm ? ", norm in front, residual" : "")}",
            new Conv2d(stride, padding, doubled ? new Grid(source, source) : default, norm ? Prologue.ScaleShiftSilu : Prologue.None, new Epilogue(Bias: true, RowBias: norm, Residual: norm)),
            kernel * kernel * channels,
            type =>
            {
                List<OpOperand> operands = [Of(new Shape(batch, side, side, channels), type, 1), Of(new Shape(outputs, channels, kernel, kernel), type, 2, Math.Pow(kernel * kernel * channels, -0.5))];
                operands.AddRange(norm ? [Of(new Shape(batch, 1, 1, 2 * channels), ElementType.F32, 3)] : []);
                operands.Add(Exact(outputs, 4));
                operands.AddRange(norm ? [Of(new Shape(batch, 1, 1, outputs), ElementType.F32, 5), Of(new Shape(batch, to, to, outputs), type, 6)] : []);
                return [.. operands];
            });
    }

    /// <summary>Attention of queries to keys.</summary>
    public static OpCase Attention(int batch, int heads, int queries, int keys, int width, bool causal = false) => new(
        $"attention {batch * heads} heads of {width}, {queries}×{keys}{(causal ? ", causal" : "")}",
        new Attention(heads, 1 / Math.Sqrt(width), causal, false, new(default(SegmentForm))),
        Math.Max(width, keys),
        type => [Of(new Shape(batch, 1, queries, heads * width), type, 1), Of(new Shape(batch, 1, keys, heads * width), type, 2), Of(new Shape(batch, 1, keys, heads * width), type, 3)]);

    /// <summary>An op of one activation, and exact operands behind it.</summary>
    public static OpCase Light(Op op, Shape x, params Shape[] exact) =>
        new($"{op.Name} {x}", op, x.Channels, type => [Of(x, type, 1), .. exact.Select((shape, i) => Of(shape, ElementType.F32, 2 + i, 0.5, 1))]);

    /// <summary>An op of two activations.</summary>
    public static OpCase Pair(Op op, Shape x, Shape y) => new($"{op.Name} {x} {y}", op, 1, type => [Of(x, type, 1), Of(y, type, 2, mean: 4)]);

    private static OpOperand Of(Shape shape, ElementType type, int seed, double scale = 1, double mean = 0) => OpOperand.Random(shape, type, seed, scale, mean);

    private static OpOperand Exact(int channels, int seed) => Of(Shape.Vector(channels), ElementType.F32, seed);
}
