using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Ops;

[TestClass]
public sealed class InvarianceTests
{
    private static readonly Shape X = new(3, 37, 29, 70);

    private static (Op Op, Operand[] Inputs)[] Cases =>
    [
        (new GroupNormStatistics(7, 1e-5), [Operand.Random(X, 1), Operand.Random(Shape.Vector(70), 2), Operand.Random(Shape.Vector(70), 3)]),
        (new RowStatistics(1e-5), [Operand.Random(X, 1)]),
        (new StandardDeviation(), [Operand.Random(X, 1)]),
        (new Unary(Activation.Gelu), [Operand.Random(X, 1)]),
        (new Gated(Activation.Silu), [Operand.Random(X, 1)]),
        (new ScaleShift(Activation.Silu), [Operand.Random(X, 1), Operand.Random(new Shape(3, 1, 1, 140), 2)]),
        (new Binary(BinaryKind.Divide), [Operand.Random(X, 1), Operand.Random(new Shape(3, 1, 1, 70), 2)]),
        (new WeightedSum(), [Operand.Random(Shape.Vector(3), 4), Operand.Random(X, 1), Operand.Random(X, 2), Operand.Random(X, 3)]),
        (new Resample(), [Operand.Random(X, 1), Points(9, 2, 37), Operand.Random(new Shape(1, 1, 9, 2), 2), Points(50, 3, 29), Operand.Random(new Shape(1, 1, 50, 3), 3)]),
        (new MatchTokens(700), [Operand.Random(X, 1), new Operand(new Shape(1, 1, 200, 1), [.. Enumerable.Range(0, 200).Select(i => 5 * i)])]),
    ];

    private static Operand Points(int points, int taps, int size) => new(new Shape(1, 1, points, taps), [.. Enumerable.Range(0, points * taps).Select(i => 7 * i % size)]);

    [TestMethod]
    public void ThreadsBatchAndStridesDoNotChangeTheBits()
    {
        foreach ((Op op, Operand[] inputs) in Cases)
        {
            float[] one = OpRunner.Run(op, inputs, 1);
            CollectionAssert.AreEqual(one, OpRunner.Run(op, inputs, 2), op.Name);
            CollectionAssert.AreEqual(one, OpRunner.Run(op, inputs, 3, 11), op.Name);
            int image = one.Length / 3;
            for (int b = 0; b < 3; b++)
            {
                Operand[] alone = [.. inputs.Select(i => i.Type.Shape.Batch == 3 ? i.Images(b, 1) : i)];
                CollectionAssert.AreEqual(one[(b * image)..((b + 1) * image)], OpRunner.Run(op, alone), op.Name);
            }
        }
    }

    [TestMethod]
    public void RunningAllocatesNothing()
    {
        Operand tiles = new(new Shape(1, 1, 2, 4), [0, 37, 0, 10, 0, 37, 10, 29]);
        Shape keys = X with { Batch = 1 };
        (Op Op, Operand[] Inputs)[] more =
        [
            .. Cases,
            (new Attention(2, 0.2, false, true, new(new SegmentForm(Bounds: true), default)), [Operand.Random(X, 1), tiles, Operand.Random(keys, 2), Operand.Random(keys, 3), tiles, Operand.Random(keys, 4), Operand.Random(keys, 5)]),
            (new Concat(Axis.Channels), [Operand.Random(X, 1), Operand.Random(X, 2)]),
            (new GroupNormFromSums(7, 1e-5, 99), [new(new Shape(2, 1, 5, 140), new double[1400]), Operand.Random(Shape.Vector(70), 2), Operand.Random(Shape.Vector(70), 3)]),
            (new Upsample(40, 41), [Operand.Random(X, 1)]),
            (new Cast(ElementType.F16), [Operand.Random(X, 1)]),
            (new TimestepEmbedding(32, true, 0, 10000), [Operand.Random(new Shape(3, 1, 1, 1), 1)]),
        ];
        foreach ((Op op, Operand[] inputs) in more)
        {
            // One thread: the counter is that of the calling one.
            OpRunner.Bytes(op, inputs, 1, 0, run => AllocationAssert.None(run, op.Name));
        }
    }
}
