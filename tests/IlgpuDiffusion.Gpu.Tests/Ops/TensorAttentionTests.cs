using System.Runtime.InteropServices;
using IlgpuDiffusion.Gpu.Tests.Tensor;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

/// <summary>Attention as a device with (emulated) tensor cores launches it, against the formula in 64 bits.</summary>
[TestClass]
public sealed class TensorAttentionTests
{
    private static readonly SegmentForm[] One = [default];

    [TestMethod]
    [DataRow(ElementType.F16, 2, 40, 33, 77)]
    [DataRow(ElementType.BF16, 1, 40, 1, 1)]
    [DataRow(ElementType.BF16, 1, 64, 65, 65)]
    [DataRow(ElementType.F16, 1, 80, 7, 256)]
    [DataRow(ElementType.BF16, 1, 128, 7, 65)]
    [DataRow(ElementType.F16, 1, 160, 2, 77)]
    [DataRow(ElementType.F16, 3, 8, 5, 9)]
    [DataRow(ElementType.BF16, 1, 72, 3, 65)]
    public void HeadsUpTo160AreStreamed(ElementType type, int heads, int width, int queries, int keys) =>
        Check(new(heads, 1 / Math.Sqrt(width), false, false, new(One)), type, [(queries, 1), (keys, 1)], heads * width, TensorAttention.Way.Streamed);

    [TestMethod]
    public void TwoSegmentsOfSharedKeys() =>
        Check(new(2, 0.25, false, false, new(default(SegmentForm), default(SegmentForm))), ElementType.BF16, [(9, 4), (65, 2), (7, 1)], 128, TensorAttention.Way.Streamed);

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void TilesSeeTheirBoundsOrWhatLiesOutside(bool exclude)
    {
        Attention op = new(1, 0.2, false, true, new(new SegmentForm(Bounds: true, ExcludeOwnTile: exclude), default(SegmentForm)));
        Operand[] inputs =
        [
            Random(ElementType.BF16, new Shape(2, 9, 13, 40), 1), Tiles(0, 4, 0, 6, 0, 4, 6, 13, 4, 9, 0, 13, 5, 5, 0, 0),
            Random(ElementType.BF16, new Shape(1, 5, 7, 40), 2), Random(ElementType.BF16, new Shape(1, 5, 7, 40), 3), Tiles(0, 2, 0, 3, 0, 5, 0, 7, 3, 5, 2, 2, 0, 0, 0, 0),
            Random(ElementType.BF16, new Shape(2, 1, 11, 40), 5), Random(ElementType.BF16, new Shape(2, 1, 11, 40), 6),
        ];
        Check(op, inputs, TensorAttention.Way.Streamed);
    }

    [TestMethod]
    public void OneTileGivesTheBitsOfNone()
    {
        Shape grid = new(1, 7, 10, 64);
        Operand q = Random(ElementType.F16, grid, 1), k = Random(ElementType.F16, grid, 2), v = Random(ElementType.F16, grid, 3), tiles = Tiles(0, 7, 0, 10);
        byte[] plain = Run(new(1, 0.125, false, false, new(One)), [q, k, v]);
        CollectionAssert.AreEqual(plain, Run(new(1, 0.125, false, true, new(new SegmentForm(Bounds: true))), [q, tiles, k, v, tiles]));
    }

    [TestMethod]
    [DataRow(40)]
    [DataRow(168)]
    public void NeitherTheBatchNorTheOtherQueriesChangeTheBits(int width)
    {
        Attention op = new(1, 0.15, false, false, new(One));
        Operand[] inputs = [Random(ElementType.BF16, new Shape(2, 1, 5, width), 1), Random(ElementType.BF16, new Shape(2, 1, 70, width), 2), Random(ElementType.BF16, new Shape(2, 1, 70, width), 3)];
        byte[] all = Run(op, inputs);
        Operand[] second = [.. inputs.Select(x => x.Images(1, 1))];
        CollectionAssert.AreEqual(all[(all.Length / 2)..], Run(op, second));
        Operand one = new(new TensorType(new Shape(1, 1, 1, width), ElementType.BF16), second[0].Data[..(2 * width)]);
        CollectionAssert.AreEqual(all[(all.Length / 2)..((all.Length / 2) + (2 * width))], Run(op, [one, second[1], second[2]]));
    }

    [TestMethod]
    [DataRow(ElementType.F16, 1, 512, 7, 65, 1)]
    [DataRow(ElementType.BF16, 1, 512, 1, 1, 1)]
    [DataRow(ElementType.BF16, 2, 168, 5, 77, 2)]
    public void WiderHeadsGoThroughMaterializedScores(ElementType type, int heads, int width, int queries, int keys, int batch) =>
        Check(new(heads, 1 / Math.Sqrt(width), false, false, new(One)), type, [(queries, batch), (keys, (batch + 1) / 2)], heads * width, TensorAttention.Way.Materialized);

    [TestMethod]
    public void MaterializedScoresKeepToTheirBudget()
    {
        Assert.AreEqual(new MaterializedScores(640, 16384, 512), MaterializedScores.Of(16384, 16384, 512));
        Assert.AreEqual(new MaterializedScores(2688, 4096, 512), MaterializedScores.Of(4096, 4096, 512));
        Assert.AreEqual(new MaterializedScores(9, 80, 168), MaterializedScores.Of(9, 77, 168));
        Assert.AreEqual(new MaterializedScores(128, 1 << 24, 512), MaterializedScores.Of(1 << 24, 1 << 24, 512));
    }

    [TestMethod]
    public void QueriesSomeAtATimeGiveTheBitsOfAllAtOnce()
    {
        const int Queries = 130, Keys = 21, Width = 168;
        Attention op = new(1, 0.1, false, false, new(One));
        Operand[] inputs = [Random(ElementType.BF16, new Shape(1, 1, Queries, Width), 1), Random(ElementType.BF16, new Shape(1, 1, Keys, Width), 2), Random(ElementType.BF16, new Shape(1, 1, Keys, Width), 3)];
        MaterializedScores few = MaterializedScores.Of(Queries, Keys, Width, 0);
        Assert.AreEqual(128, few.Queries);
        using GpuHost host = GpuHost.Open(GpuKind.IlgpuCpu, emulates: true)!;
        Place[] places = [.. inputs.Select(x => Put(x.Data)), Put(new byte[inputs[0].Data.Length]), Put(new byte[few.Bytes])];
        new MaterializedAttentionLaunch(host, places, "test", op, [.. inputs.Select(x => x.Type)], few).Run(default, CancellationToken.None);
        byte[] got = new byte[inputs[0].Data.Length];
        host.Download((nint)places[3].Offset, got);
        CollectionAssert.AreEqual(Run(op, inputs), got);

        Place Put(byte[] data)
        {
            nint address = host.Allocate(data.Length);
            host.Upload(address, data);
            return new(Space.Arena, address, Width, ElementType.BF16);
        }
    }

    [TestMethod]
    public void ThirdsOfOneProductAreReadWhereTheyLie()
    {
        const int Tokens = 9, Channels = 2 * 40;
        Attention op = new(2, 0.2, false, false, new(One));
        Operand stacked = Random(ElementType.F16, new Shape(1, 1, Tokens, 3 * Channels), 1);
        Operand[] thirds = [.. Enumerable.Range(0, 3).Select(third => new Operand(
            new TensorType(new Shape(1, 1, Tokens, Channels), ElementType.F16),
            [.. Enumerable.Range(0, Tokens).SelectMany(token => stacked.Data.AsSpan(2 * Channels * ((3 * token) + third), 2 * Channels).ToArray())]))];
        using GpuDevice device = Open();
        using DeviceMemory memory = device.Allocate(stacked.Data.Length, "stacked");
        using DeviceMemory result = device.Allocate(2 * Tokens * Channels, "result");
        device.Upload(memory.Address, stacked.Data);
        Place[] places = [.. Enumerable.Range(0, 3).Select(third => new Place(Space.Arena, memory.Address + (2 * Channels * third), 3 * Channels, ElementType.F16)), new Place(Space.Arena, result.Address, Channels, ElementType.F16)];
        Launch launch = Prepare(device, op, thirds).Bind(places, "test");
        Assert.IsInstanceOfType<TensorAttentionLaunch>(launch);
        launch.Run(default, CancellationToken.None);
        byte[] got = new byte[2 * Tokens * Channels];
        device.Download(result.Address, got);
        CollectionAssert.AreEqual(Run(op, thirds), got);
    }

    [TestMethod]
    [DataRow(64)]
    [DataRow(512)]
    public void RowsThatBeginAtNoMultipleOf16BytesGoThroughThePortableKernel(int width)
    {
        Attention op = new(1, 0.2, false, false, new(One));
        using GpuDevice device = Open();
        Prepared prepared = Prepare(device, op, [.. Enumerable.Range(0, 3).Select(i => Random(ElementType.F16, new Shape(1, 1, 2, width), i))]);
        Place place = new(Space.Arena, 0, width, ElementType.F16);
        Assert.IsNotInstanceOfType<AttentionLaunch<ushort, Float16Format>>(prepared.Bind([place, place, place, place, place], "test"));
        Assert.IsInstanceOfType<AttentionLaunch<ushort, Float16Format>>(prepared.Bind([place with { Offset = 8 }, place, place, place, place], "test"));
        Assert.IsInstanceOfType<AttentionLaunch<ushort, Float16Format>>(prepared.Bind([place, place, place with { RowStride = width + 4 }, place, place], "test"));
    }

    [TestMethod]
    public void ThreeSegmentsGoThroughThePortableKernel() =>
        Check(new(2, 0.25, false, false, new(default(SegmentForm), default(SegmentForm), default(SegmentForm))), ElementType.BF16, [(3, 1), (5, 1), (7, 1), (2, 1)], 128, TensorAttention.Way.Portable);

    [TestMethod]
    public void BiasesAndSinglePrecisionGoThroughThePortableKernel()
    {
        Assert.AreEqual(TensorAttention.Way.Portable, WayOf(new(2, 0.25, false, false, new(new SegmentForm(Bias: true))), ElementType.F16, 128));
        Assert.AreEqual(TensorAttention.Way.Portable, WayOf(new(2, 0.25, false, false, new(One)), ElementType.F32, 128));
        Assert.AreEqual(TensorAttention.Way.Portable, WayOf(new(2, 0.25, false, false, new(One)), ElementType.F16, 2 * 36));
    }

    [TestMethod]
    [DataRow(7)]
    [DataRow(77)]
    public void ACausalMaskHidesLaterKeys(int tokens) =>
        Check(new(1, 0.125, true, false, new(One)), ElementType.F16, [(tokens, 1), (tokens, 1)], 64, TensorAttention.Way.Streamed);

    private static TensorAttention.Way WayOf(Attention op, ElementType type, int channels)
    {
        using GpuHost host = GpuHost.Open(GpuKind.IlgpuCpu, emulates: true)!;
        return TensorAttention.Of(host, op, [new TensorType(new Shape(1, 1, 8, channels), type)]);
    }

    private static void Check(Attention op, ElementType type, (int Tokens, int Batch)[] sizes, int channels, TensorAttention.Way way)
    {
        Operand[] inputs =
        [
            Random(type, new Shape(sizes[0].Batch, 1, sizes[0].Tokens, channels), 1),
            .. sizes.Skip(1).SelectMany((size, i) => new[] { Random(type, new Shape(size.Batch, 1, size.Tokens, channels), 2 + (2 * i)), Random(type, new Shape(size.Batch, 1, size.Tokens, channels), 3 + (2 * i)) }),
        ];
        Check(op, inputs, way);
    }

    private static void Check(Attention op, Operand[] inputs, TensorAttention.Way way)
    {
        ElementType type = inputs[0].Type.Type;
        Assert.AreEqual(way, WayOf(op, type, inputs[0].Type.Shape.Channels));
        double[] expected = AttentionReference.Compute(op, [.. inputs.Select(Wide)]);
        float[] actual = Wide(new Operand(inputs[0].Type, Run(op, inputs, 8))).Floats.ToArray(), odd = Wide(new Operand(inputs[0].Type, Run(op, inputs, 3))).Floats.ToArray();

        // Weights are rounded to 16 bits, and so is the result; ILGPU's own CPU accelerator cuts halves off.
        DeviceRunner.AssertClose(expected, actual, 2.1 * Rounding(type), $"{type} {inputs[0].Type.Shape}");
        DeviceRunner.AssertClose(expected, odd, 2.1 * Rounding(type), $"{type} {inputs[0].Type.Shape}, portable");
    }

    private static byte[] Run(Attention op, Operand[] inputs, int gap = 0)
    {
        using GpuDevice device = Open();
        return DeviceRunner.Bytes(device, op, inputs, gap);
    }

    private static GpuDevice Open() => GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { EmulatesTensorCores = true });

    private static Prepared Prepare(GpuDevice device, Attention op, Operand[] inputs) => device.Prepare(op, new Operands([.. inputs.Select(x => x.Type)], [inputs[0].Type]));

    private static Operand Tiles(params int[] corners) => new(new Shape(1, 1, corners.Length / 4, 4), corners);

    private static double Rounding(ElementType type) => type == ElementType.BF16 ? Numbers16<BFloat16>.Rounding : Numbers16<Float16>.Rounding;

    private static Operand Random(ElementType type, Shape shape, int seed) => Narrow(type, Operand.Random(shape, seed));

    private static Operand Narrow(ElementType type, Operand wide)
    {
        float[] numbers = wide.Floats.ToArray();
        uint[] words = type == ElementType.BF16 ? Numbers16<BFloat16>.Words(numbers) : Numbers16<Float16>.Words(numbers);
        return new(new TensorType(wide.Type.Shape, type), MemoryMarshal.AsBytes<uint>(words)[..(2 * numbers.Length)].ToArray());
    }

    private static Operand Wide(Operand x)
    {
        if (x.Type.Type is not (ElementType.F16 or ElementType.BF16))
        {
            return x;
        }

        byte[] bytes = [.. x.Data, .. new byte[2]];
        uint[] words = MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(0, bytes.Length / 4 * 4)).ToArray();
        int count = x.Data.Length / 2;
        return new(x.Type.Shape, x.Type.Type == ElementType.BF16 ? Numbers16<BFloat16>.Numbers(words, count) : Numbers16<Float16>.Numbers(words, count));
    }
}
