using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Ops;

[TestClass]
internal sealed class ElementwiseTests
{
    private static readonly Shape[] Shapes =
        [new(1, 1, 1, 1), new(1, 1, 1, 7), new(2, 3, 5, 1), new(3, 1, 77, 65), new(2, 7, 5, 40), new(1, 1, 3, 20001), new(4, 16, 16, 32)];

    [TestMethod]
    [DataRow(Activation.None)]
    [DataRow(Activation.Silu)]
    [DataRow(Activation.Gelu)]
    [DataRow(Activation.QuickGelu)]
    [DataRow(Activation.GeluTanh)]
    public void ActivationsAgree(Activation function)
    {
        foreach (Shape shape in Shapes)
        {
            Operand x = Operand.Random(shape, 1, 4), gates = Operand.Random(shape with { Channels = 2 * shape.Channels }, 2, 4);
            Check(new Unary(function), [x], at => Function(function, at(0, 0)), shape);
            Check(new Gated(function), [gates], at => at(0, 0) * Function(function, at(0, shape.Channels)), shape);
            Operand vector = Operand.Random(new Shape(shape.Batch % 2 == 0 ? shape.Batch / 2 : 1, 1, 1, 2 * shape.Channels), 3);
            Check(new ScaleShift(function), [x, vector], at => Function(function, (at(0, 0) * at(1, 0)) + at(1, shape.Channels)), shape);
        }
    }

    [TestMethod]
    public void AffineMapsAgree()
    {
        foreach (Shape shape in Shapes)
        {
            Check(new Affine(1 / 0.18215, -0.5), [Operand.Random(shape, 1)], at => (at(0, 0) / 0.18215) - 0.5, shape);
        }
    }

    [TestMethod]
    [DataRow(BinaryKind.Add)]
    [DataRow(BinaryKind.Subtract)]
    [DataRow(BinaryKind.Multiply)]
    [DataRow(BinaryKind.Divide)]
    public void OperandsBroadcastOnEitherSide(BinaryKind kind)
    {
        Shape whole = new(4, 6, 5, 33);
        Shape[] parts =
        [
            whole, Shape.Scalar, Shape.Vector(33), new(4, 1, 1, 33), new(2, 1, 1, 1), new(4, 6, 5, 1), new(1, 6, 5, 1), new(2, 6, 1, 33), new(1, 1, 5, 33),
            new(2, 6, 1, 1), new(1, 1, 5, 1), new(2, 6, 5, 33),
        ];
        foreach (Shape part in parts)
        {
            Operand a = Operand.Random(whole, 1), b = Operand.Random(part, 2);
            Check(new Binary(kind), [a, b], at => Combine(kind, at(0, 0), at(1, 0)), whole);
            Check(new Binary(kind), [b, a], at => Combine(kind, at(0, 0), at(1, 0)), whole);
        }

        Check(new Binary(kind), [Operand.Random(new Shape(2, 3, 1, 1), 3), Operand.Random(new Shape(1, 1, 4, 5), 4)], at => Combine(kind, at(0, 0), at(1, 0)), new Shape(2, 3, 4, 5));
        Check(new Binary(kind), [Operand.Random(new Shape(2, 6, 5, 1), 3), Operand.Random(new Shape(2, 1, 1, 1), 4)], at => Combine(kind, at(0, 0), at(1, 0)), new Shape(2, 6, 5, 1));
    }

    [TestMethod]
    public void RowsAreNormalized()
    {
        foreach (Shape shape in Shapes)
        {
            Operand[] inputs = [Operand.Random(shape, 1), Operand.Random(shape with { Channels = 2 }, 2), Operand.Random(Shape.Vector(shape.Channels), 3), Operand.Random(Shape.Vector(shape.Channels), 4)];
            Check(new NormalizeRows(), inputs, at => ((at(0, 0) - at(1, -1)) * at(1, -2) * at(2, 0)) + at(3, 0), shape);
        }
    }

    [TestMethod]
    public void OpsOfTransformersAgreeWithTheOracle()
    {
        using OracleDevice oracle = new();
        foreach (Shape shape in Shapes)
        {
            Operand x = Operand.Random(shape, 1, 3), vector = Operand.Random(Shape.Vector(shape.Channels), 2);
            Agree(new RmsNorm(1, 1e-6), x, vector);
            Agree(new RmsNorm(5, 1e-6), Operand.Random(shape with { Channels = 5 * shape.Channels }, 3, 3), vector);
            Agree(new LayerNorm(1e-6), x, Operand.Random(new Shape(shape.Batch, 1, 1, shape.Channels), 4), vector);
            Agree(new Crop(shape.Height / 2, shape.Width / 3, (shape.Height + 1) / 2, (shape.Width + 1) / 2), x);
            foreach (bool channelsFirst in (bool[])[false, true])
            {
                Agree(new DepthToSpace(2, channelsFirst), Operand.Random(shape with { Channels = 4 * Math.Min(shape.Channels, 99) }, 5));
                Agree(new DepthToSpace(3, channelsFirst), Operand.Random(shape with { Channels = 9 * Math.Min(shape.Channels, 99) }, 6));
            }
        }

        foreach (RotaryTable table in (RotaryTable[])[new(new Grid(3, 5), new Grid(3, 5), 4, 6, 10000), new(new Grid(7, 1), new Grid(14, 1), 2, 0, 100)])
        {
            Agree(table);
            Agree(new Rotary(3), Operand.Random(new Shape(4, table.Grid.Height, table.Grid.Width, 3 * 12), 1), Operand.Random(new Shape(1, table.Grid.Height, table.Grid.Width, table.RowChannels + table.ColumnChannels), 2));
        }

        Agree(new RelativeBias(), Operand.Random(new Shape(1, 1, 1, 1), 1));
        Agree(new RelativeBias(), Operand.Random(new Shape(1, 1, 153, 3), 1));

        void Agree(Op op, params Operand[] inputs)
        {
            float[] expected = DeviceRunner.Run(oracle, op, inputs);
            OpRunner.AssertClose(Array.ConvertAll(expected, value => (double)value), OpRunner.Run(op, inputs), 1e-6, $"{op} {inputs.FirstOrDefault()?.Type}");
            OpRunner.AssertClose(Array.ConvertAll(expected, value => (double)value), OpRunner.Run(op, inputs, threads: 3, gap: 5), 1e-6, $"{op} {inputs.FirstOrDefault()?.Type}, gaps");
        }
    }

    [TestMethod]
    public void WeightedSumsAgree()
    {
        foreach (Shape shape in Shapes)
        {
            for (int terms = 1; terms <= WeightedSum.MostTerms; terms++)
            {
                Operand[] inputs = [Operand.Random(Shape.Vector(terms), 9), .. Enumerable.Range(0, terms).Select(i => Operand.Random(shape, i))];
                int count = terms;
                Check(new WeightedSum(), inputs, at => Enumerable.Range(0, count).Sum(i => at(0, -1 - i) * at(i + 1, 0)), shape);
            }
        }
    }

    [TestMethod]
    public void NotANumberStays()
    {
        Operand x = new(new Shape(1, 1, 1, 40), [.. Enumerable.Repeat(float.NaN, 40)]);
        foreach (Activation function in Enum.GetValues<Activation>())
        {
            Assert.IsTrue(Array.TrueForAll(OpRunner.Run(new Unary(function), [x]), float.IsNaN), $"{function}");
        }
    }

    private static double Function(Activation function, double x) => ProductReference.Function(function, x);

    private static double Combine(BinaryKind kind, double a, double b) => kind switch
    {
        BinaryKind.Add => a + b,
        BinaryKind.Subtract => a - b,
        BinaryKind.Multiply => a * b,
        _ => a / b,
    };

    /// <summary>The function's argument reads (operand, channel offset) at the current element; channels −1, −2 are the first and second of the row.</summary>
    private static void Check(Op op, Operand[] inputs, Func<Func<int, int, double>, double> function, Shape shape)
    {
        double[] expected = new double[shape.Count];
        int i = 0;
        for (int b = 0; b < shape.Batch; b++)
        {
            for (int y = 0; y < shape.Height; y++)
            {
                for (int x = 0; x < shape.Width; x++)
                {
                    for (int c = 0; c < shape.Channels; c++)
                    {
                        expected[i++] = function((operand, offset) =>
                        {
                            Shape s = inputs[operand].Type.Shape;
                            int row = (((b / (shape.Batch / s.Batch) * s.Height) + (s.Height == 1 ? 0 : y)) * s.Width) + (s.Width == 1 ? 0 : x);
                            int channel = offset < 0 ? -1 - offset : (s.Channels == 1 ? 0 : c) + offset;
                            return inputs[operand].Floats[(row * s.Channels) + channel];
                        });
                    }
                }
            }
        }

        string what = $"{op} {shape}";
        OpRunner.AssertClose(expected, OpRunner.Run(op, inputs), 1e-6, what);
        OpRunner.AssertClose(expected, OpRunner.Run(op, inputs, 3, 3), 1e-6, what + ", views");
    }
}
