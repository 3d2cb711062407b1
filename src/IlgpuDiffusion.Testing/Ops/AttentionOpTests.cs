using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>What the attention of every device must do.</summary>
internal abstract class AttentionOpTests
{
    /// <summary>The largest |difference| / (1 + |expected|).</summary>
    protected virtual double Tolerance => 2e-6;

    /// <summary>The type of activations.</summary>
    protected virtual ElementType Type => ElementType.F32;

    [TestMethod]
    [DataRow(1, 1, 1, 1, 1)]
    [DataRow(1, 1, 7, 3, 5)]
    [DataRow(2, 2, 64, 64, 40)]
    [DataRow(1, 3, 65, 77, 64)]
    [DataRow(2, 8, 16, 77, 80)]
    [DataRow(1, 2, 130, 300, 33)]
    [DataRow(1, 1, 60, 129, 160)]
    [DataRow(1, 1, 61, 150, 512)]
    [DataRow(1, 40, 9, 31, 8)]
    [DataRow(1, 1, 260, 1030, 72)]
    public void AnyHeadWidthAgreesWithDoublePrecision(int batch, int heads, int queries, int keys, int width) =>
        Check(Plain(heads, width), Inputs(batch, heads * width, queries, keys), $"{batch}x{heads}x{queries}x{keys}x{width}");

    [TestMethod]
    [DataRow(1)]
    [DataRow(7)]
    [DataRow(77)]
    [DataRow(300)]
    public void ACausalMaskHidesLaterKeys(int tokens) =>
        Check(Plain(2, 64) with { Causal = true }, Inputs(2, 128, tokens, tokens), $"causal {tokens}");

    [TestMethod]
    [DataRow(1, 1, 1, 1)]
    [DataRow(1, 1, 1, 150)]
    [DataRow(2, 1, 1, 150)]
    [DataRow(2, 2, 1, 1)]
    [DataRow(1, 2, 21, 150)]
    [DataRow(4, 2, 21, 1)]
    public void BiasesBroadcast(int batch, int heads, int queries, int keys)
    {
        Operand bias = Operand.Random(new Shape(batch, heads, queries, keys), 5, 3);
        Check(Plain(2, 40) with { Segments = new(new SegmentForm(Bias: true)) }, [.. Inputs(4, 80, 21, 150), bias], "bias");
    }

    [TestMethod]
    public void HiddenKeysCountForNothing()
    {
        float[] bias = Operand.Random(new Shape(2, 1, 21, 150), 5).Floats.ToArray();
        for (int i = 0; i < bias.Length; i++)
        {
            bias[i] = i / 150 % 3 == 0 || i % 4 != 0 ? float.NegativeInfinity : bias[i];
        }

        Check(Plain(2, 40) with { Segments = new(new SegmentForm(Bias: true)) }, [.. Inputs(2, 80, 21, 150), new Operand(new Shape(2, 1, 21, 150), bias)], "hidden");
    }

    [TestMethod]
    public void TheSoftmaxRunsOnOverSegmentsOfAnyBatch()
    {
        Attention op = Plain(2, 64) with { Segments = new(default, new SegmentForm(Bias: true), default) };
        Operand[] inputs = [.. Inputs(4, 128, 70, 33), Tokens(2, 200, 128, 11), Tokens(2, 200, 128, 12), Operand.Random(new Shape(2, 2, 1, 200), 13), Tokens(1, 1, 128, 14), Tokens(1, 1, 128, 15)];
        Check(op, inputs, "segments");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TilesSeeTheirBoundsOrWhatLiesOutside(bool exclude)
    {
        Shape grid = new(2, 9, 13, 80);
        Operand tiles = Tiles(0, 4, 0, 6, 0, 4, 6, 13, 4, 9, 0, 13, 5, 5, 0, 0);
        Operand bounds = Tiles(0, 2, 0, 3, 0, 5, 0, 7, 3, 5, 2, 2, 0, 0, 0, 0);
        Attention op = Plain(2, 40) with { Tiled = true, Segments = new(new SegmentForm(Bounds: true, Bias: true, ExcludeOwnTile: exclude), default) };
        Operand[] inputs =
        [
            Operand.Random(grid, 1), tiles,
            Operand.Random(new Shape(1, 5, 7, 80), 2), Operand.Random(new Shape(1, 5, 7, 80), 3), bounds, Operand.Random(new Shape(1, 2, 117, 35), 4),
            Operand.Random(new Shape(2, 1, 11, 80), 5), Operand.Random(new Shape(2, 1, 11, 80), 6),
        ];
        Check(op, inputs, $"tiles, outside: {exclude}");
    }

    [TestMethod]
    public void ATileWithoutKeysGivesZeros()
    {
        Operand tiles = Tiles(0, 3, 0, 5);
        Operand[] inputs = [Operand.Random(new Shape(1, 3, 5, 16), 1), tiles, Operand.Random(new Shape(1, 3, 5, 16), 2), Operand.Random(new Shape(1, 3, 5, 16), 3), tiles];
        float[] result = Run(Plain(1, 16) with { Tiled = true, Segments = new(new SegmentForm(Bounds: true, ExcludeOwnTile: true)) }, inputs);
        Assert.IsTrue(Array.TrueForAll(result, x => x == 0));
    }

    [TestMethod]
    public void OneTileGivesTheBitsOfNone()
    {
        Shape grid = new(2, 17, 19, 80);
        Operand q = Operand.Random(grid, 1), k = Operand.Random(grid, 2), v = Operand.Random(grid, 3), tiles = Tiles(0, 17, 0, 19);
        float[] plain = Run(Plain(2, 40), [q, k, v]);
        float[] tiled = Run(Plain(2, 40) with { Tiled = true, Segments = new(new SegmentForm(Bounds: true)) }, [q, tiles, k, v, tiles]);
        CollectionAssert.AreEqual(plain, tiled);
    }

    [TestMethod]
    public void AQueryDoesNotDependOnTheOthers()
    {
        Operand[] inputs = Inputs(1, 64, 113, 140);
        float[] all = Run(Plain(1, 64), inputs);
        Operand some = new(new Shape(1, 1, 9, 64), inputs[0].Floats[..(9 * 64)].ToArray());
        CollectionAssert.AreEqual(all[..(9 * 64)], Run(Plain(1, 64), [some, inputs[1], inputs[2]]));
    }

    [TestMethod]
    public void TheBatchDoesNotChangeTheBits()
    {
        Attention op = Plain(2, 40);
        Operand[] inputs = Inputs(3, 80, 50, 290);
        float[] all = Run(op, inputs);
        int image = all.Length / 3;
        for (int b = 0; b < 3; b++)
        {
            CollectionAssert.AreEqual(all[(b * image)..((b + 1) * image)], Run(op, [.. inputs.Select(i => i.Images(b, 1))], 8));
        }
    }

    /// <summary>Starts the device.</summary>
    protected abstract Device Open();

    private float[] Run(Attention op, Operand[] inputs, int gap = 0)
    {
        using Device device = Open();
        return DeviceRunner.Run(device, op, StorageTypes.Store(op, Type, inputs), gap);
    }

    private protected static Attention Plain(int heads, int width) => new(heads, 1 / Math.Sqrt(width), false, false, new(default(SegmentForm)));

    private protected static Operand Tiles(params int[] corners) => new(new Shape(1, 1, corners.Length / 4, 4), corners);

    private static Operand Tokens(int batch, int tokens, int channels, int seed) => Operand.Random(new Shape(batch, 1, tokens, channels), seed);

    private protected static Operand[] Inputs(int batch, int channels, int queries, int keys) =>
        [Tokens(batch, queries, channels, 1), Tokens(batch, keys, channels, 2), Tokens(batch, keys, channels, 3)];

    private void Check(Attention op, Operand[] inputs, string what)
    {
        double[] expected = AttentionReference.Compute(op, StorageTypes.Store(op, ElementType.F32, StorageTypes.Store(op, Type, inputs)));
        double bound = Tolerance + StorageTypes.HalfStep(Type);
        DeviceRunner.AssertClose(expected, Run(op, inputs), bound, what);
        DeviceRunner.AssertClose(expected, Run(op, inputs, 5), bound, what + ", views");
    }
}
