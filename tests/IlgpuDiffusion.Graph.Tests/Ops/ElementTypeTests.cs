using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Ops;

/// <summary>Which element types ops take, which they give, and what the oracle stores.</summary>
[TestClass]
public sealed class ElementTypeTests
{
    private readonly Graph _graph = new();

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void AResultHasTheTypeOfTheFirstOperand(ElementType type)
    {
        Value x = Input("x", type), other = Input("y", type);
        Value weight = Weight("w", Shape.Matrix(8, 8), type), kernel = Weight("k", new Shape(8, 8, 3, 3), type);
        Value gamma = Weight("g", Shape.Vector(8), ElementType.F32), table = _graph.Input("t", new Shape(1, 1, 1, 16), Stage.Evaluation);
        Value[] kept =
        [
            x.Affine(2, 1), x.Silu(), x + other, x.Gated(Activation.Gelu), x.Upsample(8, 8), x.Repeat(2), x.Concat(Axis.Channels, other), x.Slice(Axis.Channels, 0, 4),
            x.Linear(weight), x.Conv2d(kernel, 1, Padding.All(1)), x.Attention([new KeySegment(other, other)], 2), x.LayerNorm(gamma, gamma, 1e-5), x.ScaleShift(table),
            _graph.Apply(new Copy(0), [x]),
        ];
        foreach (Value value in kept)
        {
            Assert.AreEqual(type, value.Type.Type, $"{value.Producer}");
        }

        Value[] exact =
        [
            x.StandardDeviation(), _graph.Apply(new RowStatistics(1e-5), [x]), _graph.Apply(new GroupNormStatistics(2, 1e-5), [x, gamma, gamma]), x.Precise(),
            weight.Embedding(_graph.Input("ids", new TensorType(new Shape(1, 1, 3, 1), ElementType.I32), Stage.Request)), x + Input("z", ElementType.F32) + Input("n", type),
        ];
        foreach (Value value in exact)
        {
            Assert.AreEqual(ElementType.F32, value.Type.Type, $"{value.Producer}");
        }

        Assert.AreEqual(ElementType.F64, _graph.Apply(new Conv2d(1, Padding.All(1), Sums: 1), [x, kernel]) is var c ? (c with { Output = 1 }).Type.Type : default);
    }

    [TestMethod]
    public void WhatDoesNotFitIsNamedWithBothTypes()
    {
        Value x = Input("x", ElementType.BF16);
        Value weight = Weight("w", Shape.Matrix(8, 8), ElementType.BF16), bias = Weight("b", Shape.Vector(8), ElementType.BF16);
        Refuses(() => x.Linear(Weight("f", Shape.Matrix(8, 8), ElementType.F16)), "At 'x': Linear: the weight beside BF16 activations must be BF16, not F16.");
        Refuses(() => Fused(new Epilogue(Bias: true), x, weight, bias), "the bias beside BF16 activations must be F32, not BF16");
        Refuses(() => Fused(new Epilogue(RowBias: true), x, weight, Input("r", ElementType.BF16, new Shape(1, 1, 1, 8))), "the row bias beside BF16 activations must be F32, not BF16");
        Refuses(() => Fused(new Epilogue(Residual: true), x, weight, Input("res", ElementType.F32)), "the residual beside BF16 activations must be BF16, not F32");
        Refuses(() => Fused(new Epilogue(Residual: true), Input("x32", ElementType.F32), weight, x), "the residual beside F32 activations must be F32, not BF16");
        Refuses(() => x.Conv2d(Weight("k", new Shape(8, 8, 3, 3), ElementType.F32), 1, Padding.All(1)), "Conv2d: the weight beside BF16 activations must be BF16, not F32");
        Refuses(() => x.Attention([new KeySegment(Input("k16", ElementType.F16), Input("k16", ElementType.F16))], 2), "Attention: segment 0: keys beside BF16 activations must be BF16, not F16");
        Refuses(() => x.Attention([new KeySegment(x, Input("v", ElementType.F32))], 2), "segment 0: values beside BF16 activations must be BF16, not F32");
        Refuses(() => x.Attention([new KeySegment(x, x, Bias: Input("m", ElementType.BF16, new Shape(1, 1, 1, 16)))], 2), "segment 0: the bias beside BF16 activations must be F32, not BF16");
        Refuses(() => x.LayerNorm(bias, bias, 1e-5), "γ beside BF16 activations must be F32, not BF16");
        Refuses(() => x.ScaleShift(Input("t", ElementType.BF16, new Shape(1, 1, 1, 16))), "scale and shift beside BF16 activations must be F32, not BF16");
        Refuses(() => x.Concat(Axis.Channels, Input("c", ElementType.F32)), "Concat");
        Refuses(() => Input("d", ElementType.F64).Linear(weight), "Linear: x must be F32, F16 or BF16, not F64");
    }

    [TestMethod]
    public void WeightsOfTheFileStandBesideF32AsTheyAre()
    {
        Value x = Input("x", ElementType.F32);
        Value bias = Weight("b", Shape.Vector(8), ElementType.F8E4M3);
        Assert.AreEqual(ElementType.F32, (x.Linear(Weight("w", Shape.Matrix(8, 8), ElementType.F16)) + bias).LayerNorm(bias, bias, 1e-5).Type.Type);
    }

    [TestMethod]
    [DataRow(ElementType.F16, 1 + 1.0 / 1024)]
    [DataRow(ElementType.BF16, 1 + 1.0 / 128)]
    public void TheOracleRoundsToNearestEvenWhereItStores(ElementType type, double next)
    {
        // Halfway between 1 and the next number goes to the even one, 1; a little above it to the next.
        Oracle oracle = new();
        float half = (float)((1 + next) / 2), above = MathF.BitIncrement(half), odd = (float)(next + ((next - 1) / 2));
        Value x = oracle.Of(new Shape(1, 1, 1, 3), half, above, odd).Cast(type);
        oracle.Gives(x.Precise(), 0.0, 1, (float)next, (float)(next + (next - 1)));
        oracle.Gives(x.Affine(0.5, 0.5).Precise(), 0.0, 1, 1, (float)next);
    }

    [TestMethod]
    public void NumbersBeyondF16AreFoundWhereTheyArise()
    {
        Oracle oracle = new();
        Value x = oracle.Of(new Shape(1, 1, 1, 2), 1, 300).Cast(ElementType.F16);
        CheckException error = Assert.ThrowsExactly<CheckException>(() => oracle.Run((x * x).Affine(1, 1).Precise()));
        StringAssert.Contains(error.Message, "Binary", StringComparison.Ordinal);
        StringAssert.Contains(error.Message, "[0, 0, 0, 1]", StringComparison.Ordinal);
    }

    private static void Refuses(Func<Value> build, string expected) => StringAssert.Contains(Assert.ThrowsExactly<ShapeException>(() => build()).Message, expected, StringComparison.Ordinal);

    private Value Fused(Epilogue epilogue, params Value[] inputs) => _graph.Apply(new Linear(Prologue.None, epilogue), inputs);

    private Value Input(string name, ElementType type, Shape? shape = null) => _graph.Input(name, new TensorType(shape ?? new Shape(1, 4, 4, 8), type), Stage.Evaluation);

    private Value Weight(string name, Shape shape, ElementType type) => _graph.Weight(name, new TensorType(shape, type));
}
