using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

/// <summary>Ops without a matrix product, against the oracle.</summary>
[TestClass]
internal sealed class LightOpTests
{
    private static readonly Shape[] Shapes =
        [new(1, 1, 1, 1), new(1, 1, 1, 7), new(2, 3, 5, 1), new(3, 1, 77, 65), new(2, 7, 5, 40), new(1, 1, 3, 4099), new(2, 9, 16, 32)];

    // Elements by themselves and in octets, which functions compute each in a way of its own. How a tensor of any shape is walked is the same for all: one of them takes all shapes.
    private static readonly Shape[] Few = [new(2, 3, 5, 1), new(2, 7, 5, 40)];

    // Far out in the tail activations give some 2⁻¹²⁶ in place of less.
    private const float Nothing = 1e-36f;

    private static readonly OracleDevice Oracle = new();
    private static GpuDevice _device = null!;
    private static GpuDevice _cuda = null!;

    [ClassInitialize]
    public static void Open(TestContext context) => (_device, _cuda) = (TestDevice.Open(), PtxRunner.Open());

    [ClassCleanup]
    public static void Close()
    {
        _device.Dispose();
        _cuda.Dispose();
    }

    [TestMethod]
    [DataRow(Activation.None)]
    [DataRow(Activation.Silu)]
    [DataRow(Activation.Gelu)]
    [DataRow(Activation.QuickGelu)]
    [DataRow(Activation.GeluTanh)]
    public void ActivationsAgree(Activation function)
    {
        foreach (Shape shape in function == Activation.Silu ? Shapes : Few)
        {
            Operand x = Operand.Random(shape, 1, 4), gates = Operand.Random(shape with { Channels = 2 * shape.Channels }, 2, 4);
            Check(new Unary(function), x);
            Check(new Gated(function), gates);
            Check(new ScaleShift(function), x, Operand.Random(new Shape(shape.Batch % 2 == 0 ? shape.Batch / 2 : 1, 1, 1, 2 * shape.Channels), 3));
        }
    }

    [TestMethod]
    public void ActivationsHoldAtTheEnds()
    {
        float[] ends = [float.NaN, 1e30f, 200, 90, 88, 1e-30f, 0, -1e-30f, -80, -88, -90, -200, -1e30f];
        foreach (Activation function in Enum.GetValues<Activation>())
        {
            float[] y = DeviceRunner.Run(_device, new Unary(function), [new Operand(Shape.Vector(ends.Length), ends)]);
            Assert.IsTrue(float.IsNaN(y[0]), $"{function}");
            for (int i = 1; i < ends.Length; i++)
            {
                float expected = function == Activation.None || ends[i] > 0 ? ends[i] : 0;
                Assert.AreEqual(expected, y[i], 1e-6f * (1 + Math.Abs(expected)), $"{function} of {ends[i]}");
            }
        }
    }

    [TestMethod]
    public void AffineMapsAgree() => Array.ForEach(Shapes, shape => Check(new Affine(1 / 0.18215, -0.5), Operand.Random(shape, 1)));

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
        // How an operand is walked is the same for every kind.
        foreach (Shape part in kind == BinaryKind.Subtract ? parts : [whole, Shape.Vector(33), new(2, 6, 1, 33)])
        {
            Operand a = Operand.Random(whole, 1), b = Operand.Random(part, 2, mean: 6);
            Check(new Binary(kind), a, b);
            Check(new Binary(kind), b, Operand.Random(whole, 1, mean: 6));
        }

        Check(new Binary(kind), Operand.Random(new Shape(2, 3, 1, 1), 3), Operand.Random(new Shape(1, 1, 4, 5), 4, mean: 6));
        Check(new Binary(kind), Operand.Random(new Shape(2, 6, 5, 1), 3), Operand.Random(new Shape(2, 1, 1, 1), 4, mean: 6));
    }

    [TestMethod]
    public void RowsAreNormalized()
    {
        foreach (Shape shape in Shapes)
        {
            Check(new NormalizeRows(), Operand.Random(shape, 1), Operand.Random(shape with { Channels = 2 }, 2), Operand.Random(Shape.Vector(shape.Channels), 3), Operand.Random(Shape.Vector(shape.Channels), 4));
        }
    }

    [TestMethod]
    public void RowsAreNormalizedByTablesOfTheirImage()
    {
        foreach (Shape shape in Shapes)
        {
            Operand gamma = Operand.Random(new Shape(shape.Batch, 1, 1, shape.Channels), 3), beta = Operand.Random(new Shape(shape.Batch, 1, 1, shape.Channels), 4);
            Check(new NormalizeRows(), Operand.Random(shape, 1), Operand.Random(shape with { Channels = 2 }, 2), gamma, beta);
            Check(new LayerNorm(1e-6), Operand.Random(shape, 1), gamma, beta);
        }
    }

    [TestMethod]
    public void PairsAreTurned()
    {
        foreach ((Shape shape, int heads, int turned) in ((Shape, int, int)[])[(new(2, 3, 5, 36), 3, 10), (new(1, 1, 1, 2), 1, 2), (new(3, 4, 4, 128), 2, 56)])
        {
            Check(new Rotary(heads), Operand.Random(shape, 1), Operand.Random(shape with { Batch = 1, Channels = turned }, 2));
        }

        RotaryTable table = new(new Grid(3, 5), new Grid(6, 5), 4, 6, 10000);
        DeviceRunner.AssertClose(DeviceRunner.Run(Oracle, table, []), DeviceRunner.Run(_device, table, []), 1e-7, "places");
        DeviceRunner.AssertClose(DeviceRunner.Run(Oracle, table, []), DeviceRunner.Run(_cuda, table, [], gap: 3), 1e-7, "places");
    }

    [TestMethod]
    public void RowsAreDividedByTheirRootMeanSquare()
    {
        foreach (Shape shape in Shapes)
        {
            Operand gamma = Operand.Random(Shape.Vector(shape.Channels), 2);
            Check(new RmsNorm(1, 1e-6), Operand.Random(shape, 1, 3), gamma);
            Check(new RmsNorm(3, 1e-6), Operand.Random(shape with { Channels = 3 * shape.Channels }, 1, 3), gamma);
        }
    }

    [TestMethod]
    public void WeightedSumsAgree()
    {
        foreach (Shape shape in Shapes)
        {
            foreach (int terms in shape.Channels == 40 ? Enumerable.Range(1, WeightedSum.MostTerms) : [1, WeightedSum.MostTerms])
            {
                Check(new WeightedSum(), [Operand.Random(Shape.Vector(terms), 9), .. Enumerable.Range(0, terms).Select(i => Operand.Random(shape, i))]);
            }
        }
    }

    private static void Check(Op op, params Operand[] inputs)
    {
        foreach (ElementType type in StorageTypes.All)
        {
            Operand[] stored = StorageTypes.Store(op, type, inputs);
            float[] expected = DeviceRunner.Run(Oracle, op, stored);
            foreach ((GpuDevice device, int gap) in new[] { _device, _cuda }.SelectMany(device => new[] { 0, 3, 8 }.Select(gap => (device, gap))))
            {
                float[] actual = DeviceRunner.Run(device, op, stored, gap);
                string what = $"{device.Kind.Text()}, {op} {string.Join(" ", stored.Select(input => input.Type))}, gap {gap}";

                // Where the two fall to different sides of a step they are a whole one apart, and that is rare: a step of F16 is 500 times what single precision leaves open.
                DeviceRunner.AssertClose(expected, actual, 1e-6 + (2 * StorageTypes.HalfStep(type)), what);
                Assert.IsTrue(type == ElementType.F32 || expected.Zip(actual).Count(pair => Math.Abs(pair.First - pair.Second) > Nothing) <= 2 + (expected.Length / 100), $"{what} rounds otherwise.");
            }
        }
    }
}
