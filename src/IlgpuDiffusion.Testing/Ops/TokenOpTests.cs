using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>What every device must do with grids that are resampled and tokens that are merged, against the oracle.</summary>
internal abstract class TokenOpTests
{
    private static readonly OracleDevice Oracle = new();
    private readonly Lazy<Device> _device;

    protected TokenOpTests() => _device = new(Open);

    /// <summary>The types of activations.</summary>
    protected abstract IReadOnlyList<ElementType> Types { get; }

    protected abstract Device Open();

    [TestCleanup]
    public void Close()
    {
        if (_device.IsValueCreated)
        {
            _device.Value.Dispose();
        }
    }

    [TestMethod]
    [DataRow(5, 7, 40, 3, 4, 1, 1)]
    [DataRow(6, 5, 3, 4, 9, 2, 2)]
    [DataRow(9, 4, 33, 2, 5, 4, 3)]
    [DataRow(1, 1, 8, 6, 6, 1, 2)]
    public void GridsAreResampledByTheirTaps(int height, int width, int channels, int toHeight, int toWidth, int rowTaps, int columnTaps)
    {
        Random random = new(height);
        int[] Points(int count, int size) => [.. Enumerable.Range(0, count).Select(_ => random.Next(size))];
        Operand x = Operand.Random(new Shape(2, height, width, channels), 1);
        Operand[] inputs =
        [
            x, new(new Shape(1, 1, toHeight, rowTaps), Points(toHeight * rowTaps, height)), Operand.Random(new Shape(1, 1, toHeight, rowTaps), 2),
            new(new Shape(1, 1, toWidth, columnTaps), Points(toWidth * columnTaps, width)), Operand.Random(new Shape(1, 1, toWidth, columnTaps), 3),
        ];
        Check(new Resample(), inputs);
    }

    [TestMethod]
    public void OneTapOfWeightOnePicksToTheBit()
    {
        int[] rows = [1, 4], columns = [0, 3, 5];
        Operand x = Operand.Random(new Shape(2, 5, 6, 24), 1);
        Operand[] inputs = [x, new(new Shape(1, 1, 2, 1), rows), Ones(2), new(new Shape(1, 1, 3, 1), columns), Ones(3)];
        foreach (ElementType type in Types)
        {
            Operand[] stored = StorageTypes.Store(new Resample(), type, inputs);
            byte[] y = DeviceRunner.Bytes(_device.Value, new Resample(), stored);
            int point = 24 * type.Size();
            for (int i = 0; i < 12; i++)
            {
                int from = (((i / 6 * 5) + rows[i / 3 % 2]) * 6) + columns[i % 3];
                CollectionAssert.AreEqual(stored[0].Data[(from * point)..((from + 1) * point)], y[(i * point)..((i + 1) * point)], $"{type} {i}");
            }
        }
    }

    [TestMethod]
    [DataRow(6, 8, 40, 2, 24)]
    [DataRow(5, 7, 17, 2, 3)]
    [DataRow(9, 10, 320, 3, 60)]
    [DataRow(4, 4, 8, 2, 12)]
    [DataRow(1, 3, 4, 1, 1)]
    [DataRow(13, 11, 129, 2, 90)]
    public void TokensMatchTheMostSimilarDestination(int height, int width, int channels, int cell, int merged)
    {
        int[] destinations = [.. from y in Enumerable.Range(0, height / cell) from x in Enumerable.Range(0, width / cell) select (((y * cell) + (y % cell)) * width) + (x * cell)];
        destinations = destinations.Length == height * width ? [0] : destinations;
        Match(Operand.Random(new Shape(2, height, width, channels), 1), destinations, merged);
    }

    [TestMethod]
    public void OfEqualSimilaritiesTheLowerTokensGoFirst()
    {
        // Similarities are 0 and 1, and there are more of either than are merged.
        float[] metric = new float[48 * 4];
        for (int token = 0; token < 48; token++)
        {
            metric[(token * 4) + (token * 7 % 5 % 4)] = 2;
        }

        foreach (int merged in (int[])[1, 9, 17, 30, 36])
        {
            Match(new Operand(new Shape(1, 6, 8, 4), metric), [0, 2, 5, 11, 12, 20, 21, 22, 30, 40, 46, 47], merged);
        }
    }

    [TestMethod]
    public void TokensOfZerosAndNoNumbersKeepTheMatchingWhole()
    {
        float[] metric = Operand.Random(new Shape(1, 4, 4, 6), 3).Floats.ToArray();
        metric.AsSpan(6, 12).Clear();
        metric[5 * 6] = float.NaN;
        byte[] matching = DeviceRunner.Bytes(_device.Value, new MatchTokens(12), [new Operand(new Shape(1, 4, 4, 6), metric), new Operand(new Shape(1, 1, 4, 1), [0, 2, 8, 10])]);
        int[] members = [.. MemoryMarshal.Cast<byte, int>(matching).ToArray().Where((_, i) => i % 3 == 1).Order()];
        CollectionAssert.AreEqual(Enumerable.Range(0, 16).ToArray(), members);
    }

    [TestMethod]
    [DataRow(5, 7, 9, 3)]
    [DataRow(40, 33, 70, 32)]
    [DataRow(3, 2, 1, 3)]
    public void ChannelsAreSummedOverARectangle(int height, int width, int channels, int slots)
    {
        Operand x = Operand.Random(new Shape(2, height, width, channels), 1, mean: 3);
        foreach (int[] rectangle in (int[][])[[0, height, 0, width], [1, height, 0, 1], [height / 2, height, width / 2, width], [1, 1, 0, 0]])
        {
            foreach (ElementType type in Types)
            {
                Operand[] inputs = StorageTypes.Store(new RectangleSums(slots), type, x, new Operand(new Shape(1, 1, 1, 4), rectangle));
                double[] expected = MemoryMarshal.Cast<byte, double>(DeviceRunner.Bytes(Oracle, new RectangleSums(slots), inputs)).ToArray();
                foreach (int gap in (int[])[0, 3])
                {
                    double[] actual = MemoryMarshal.Cast<byte, double>(DeviceRunner.Bytes(_device.Value, new RectangleSums(slots), inputs, gap)).ToArray();
                    for (int i = 0; i < expected.Length; i++)
                    {
                        Assert.AreEqual(expected[i], actual[i], 1e-12 * (1 + Math.Abs(expected[i])), $"{type} {i}");
                    }
                }
            }
        }
    }

    [TestMethod]
    public void SumsOfPartsNormaliseAsTheWhole()
    {
        Operand sums = new(new Shape(2, 1, 4, 24), [.. Enumerable.Range(0, 192).Select(i => i % 24 < 12 ? i % 7 : 40.0 + (i % 5))]);
        Operand gamma = Operand.Random(Shape.Vector(12), 2), beta = Operand.Random(Shape.Vector(12), 3);
        Check(new GroupNormFromSums(3, 1e-6, 20), [ElementType.F32], sums, gamma, beta);
    }

    private static Operand Ones(int count) => new(new Shape(1, 1, count, 1), [.. Enumerable.Repeat(1f, count)]);

    private void Match(Operand metric, int[] destinations, int merged)
    {
        Shape shape = metric.Type.Shape;
        Operand targets = new(new Shape(1, 1, destinations.Length, 1), destinations);
        foreach (ElementType type in Types)
        {
            Operand[] inputs = StorageTypes.Store(new MatchTokens(merged), type, metric, targets);
            byte[] expected = DeviceRunner.Bytes(Oracle, new MatchTokens(merged), inputs);
            foreach (int gap in (int[])[0, 3, 8])
            {
                CollectionAssert.AreEqual(
                    MemoryMarshal.Cast<byte, int>(expected).ToArray(), MemoryMarshal.Cast<byte, int>(DeviceRunner.Bytes(_device.Value, new MatchTokens(merged), inputs, gap)).ToArray(), $"{shape} {type}, {merged} merged, gap {gap}");
            }

            Operand matching = new(new TensorType(new Shape(shape.Batch, 1, shape.Tokens, 3), ElementType.I32), expected);
            Shape groups = new(shape.Batch, 1, shape.Tokens - merged, 19);
            Check(new MergeTokens(groups.Width), [type], Operand.Random(shape with { Channels = 19 }, 4), matching);
            Check(new UnmergeTokens(shape.Height, shape.Width), [type], Operand.Random(groups, 5), matching);
        }
    }

    private void Check(Op op, params Operand[] inputs) => Check(op, Types, inputs);

    private void Check(Op op, IReadOnlyList<ElementType> types, params Operand[] inputs)
    {
        foreach (ElementType type in types)
        {
            Operand[] stored = StorageTypes.Store(op, type, inputs);
            float[] expected = DeviceRunner.Run(Oracle, op, stored);
            foreach (int gap in (int[])[0, 3, 8])
            {
                DeviceRunner.AssertClose(expected, DeviceRunner.Run(_device.Value, op, stored, gap), 1e-6 + (2 * StorageTypes.HalfStep(type)), $"{op} {type}, gap {gap}");
            }
        }
    }
}
