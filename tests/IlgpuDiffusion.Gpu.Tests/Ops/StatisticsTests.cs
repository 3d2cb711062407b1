using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

/// <summary>Means and variances against the oracle, also where the mean is far from zero.</summary>
[TestClass]
public sealed class StatisticsTests
{
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
    [DataRow(0f)]
    [DataRow(100f)]
    public void StatisticsOfGroupsAgree(float mean)
    {
        (Shape Shape, int Groups)[] cases =
            [(new(1, 1, 1, 8), 2), (new(3, 1, 1, 7), 1), (new(2, 1, 77, 65), 5), (new(2, 9, 7, 64), 32), (new(1, 33, 31, 96), 32), (new(1, 127, 65, 12), 3), (new(1, 24, 24, 320), 32)];
        foreach ((Shape shape, int groups) in cases)
        {
            Check(new GroupNormStatistics(groups, 1e-5), mean, Operand.Random(shape, 1, 2, mean), Operand.Random(Shape.Vector(shape.Channels), 2), Operand.Random(Shape.Vector(shape.Channels), 3));
        }
    }

    [TestMethod]
    [DataRow(0f)]
    [DataRow(100f)]
    public void StatisticsOfRowsAgree(float mean)
    {
        foreach (Shape shape in (Shape[])[new(1, 1, 1, 2), new(2, 1, 77, 7), new(2, 5, 13, 65), new(1, 1, 77, 768), new(1, 8, 8, 1280)])
        {
            Check(new RowStatistics(1e-5), mean, Operand.Random(shape, 1, 2, mean));
        }
    }

    [TestMethod]
    public void ALargeFirstValueDoesNotSpoilTheOthers()
    {
        Shape shape = new(1, 1, 65, 128);
        Operand x = Operand.Random(shape, 1);
        float[] values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(x.Data).ToArray();
        for (int i = 0; i < values.Length; i += shape.Channels)
        {
            values[i] = 1000;
        }

        x = new Operand(shape, values);
        Check(new RowStatistics(1e-5), 0, x);
        Check(new GroupNormStatistics(4, 1e-5), 0, x, Operand.Random(Shape.Vector(128), 2), Operand.Random(Shape.Vector(128), 3));
    }

    [TestMethod]
    [DataRow(9, 7, 40, 4, DisplayName = "ragged slots")]
    [DataRow(33, 31, 12, 3, DisplayName = "slots of more than a fold")]
    [DataRow(91, 91, 8, 2, DisplayName = "folded slots")]
    public void StatisticsThatAGroupOfItemsJoinsAgree(int height, int width, int channels, int groups)
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { EmulatesTensorCores = true });
        Operand[] inputs = [Operand.Random(new Shape(2, height, width, channels), 1, 2, 3).As(ElementType.BF16), Operand.Random(Shape.Vector(channels), 2), Operand.Random(Shape.Vector(channels), 3)];
        GroupNormStatistics op = new(groups, 1e-5);
        DeviceRunner.AssertClose(DeviceRunner.Run(Oracle, op, inputs), DeviceRunner.Run(device, op, inputs, 3), 2e-6, $"{height}×{width}×{channels}");
        CollectionAssert.Contains(device.Host.Requests().Select(request => request.Name).ToArray(), "GroupNormFinishKernel.Run");
    }

    [TestMethod]
    public void LayerNormsAgree()
    {
        foreach (Shape shape in (Shape[])[new(1, 1, 1, 8), new(2, 1, 77, 7), new(2, 5, 3, 96)])
        {
            Operand[] inputs = [Operand.Random(shape, 1, 2, 3), Operand.Random(Shape.Vector(shape.Channels), 2), Operand.Random(Shape.Vector(shape.Channels), 3)];
            foreach (ElementType type in StorageTypes.All)
            {
                Operand[] stored = StorageTypes.Store(new LayerNorm(1e-5), type, inputs);
                float[] expected = DeviceRunner.Run(Oracle, new LayerNorm(1e-5), stored);
                foreach (GpuDevice device in (GpuDevice[])[_device, _cuda])
                {
                    DeviceRunner.AssertClose(expected, DeviceRunner.Run(device, new LayerNorm(1e-5), stored, 3), 1e-5 + (2 * StorageTypes.HalfStep(type)), $"{device.Kind.Text()}, {shape} {type}");
                }
            }
        }
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void LayerNormsInAWarpsRegistersAgree(ElementType type)
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu, new GpuDeviceOptions { EmulatesTensorCores = true });
        Shape shape = new(1, 1, 5, 320);
        Operand[] stored = StorageTypes.Store(new LayerNorm(1e-5), type, Operand.Random(shape, 1, 2, 3), Operand.Random(Shape.Vector(320), 2), Operand.Random(Shape.Vector(320), 3));
        float[] expected = DeviceRunner.Run(Oracle, new LayerNorm(1e-5), stored);
        Assert.IsTrue(device.Capabilities.LayerNorm(shape));
        DeviceRunner.AssertClose(expected, DeviceRunner.Run(device, new LayerNorm(1e-5), stored), 1e-5 + (2 * StorageTypes.HalfStep(type)), $"{type}");
        Assert.AreEqual(1, device.Host.LoadedKernels);
        Assert.IsFalse(device.Capabilities.LayerNorm(shape with { Channels = 5128 }), "no room for it");
        Assert.IsFalse(device.Capabilities.LayerNorm(shape with { Channels = 12 }), "no eights");
    }

    // Up to a warp's items a row, then one, two and four warps; 1536, 2432 and 3072 are Stable Diffusion 3's, 3.5's and FLUX.1's.
    [TestMethod]
    [DataRow(3, 3, 8, 0)]
    [DataRow(2, 2, 64, 8)]
    [DataRow(1, 5, 320, 0)]
    [DataRow(1, 3, 768, 3)]
    [DataRow(1, 6, 1280, 0)]
    [DataRow(2, 2, 1536, 0)]
    [DataRow(1, 3, 2432, 8)]
    [DataRow(2, 1, 3072, 3)]
    [DataRow(1, 1, 5120, 0)]
    public void NormsOfRowsInRegistersAgree(int images, int rows, int channels, int gap)
    {
        const int Heads = 3;
        using GpuDevice device = PtxRunner.Open();
        Shape shape = new(images, 1, rows, channels), table = new(images, 1, 1, channels), vector = Shape.Vector(channels);
        (Op Op, Operand[] Inputs)[] norms =
        [
            (new LayerNorm(1e-5), [Operand.Random(shape, 1, 2, 3), Operand.Random(table, 2), Operand.Random(table, 3)]),
            (new RmsNorm(1, 1e-6), [Operand.Random(shape, 1, 3), Operand.Random(vector, 2)]),
            (new RmsNorm(Heads, 1e-6), [Operand.Random(shape with { Channels = Heads * channels }, 1, 3), Operand.Random(vector, 2)]),
        ];
        foreach ((Op op, Operand[] inputs) in norms)
        {
            foreach (ElementType type in StorageTypes.All)
            {
                Operand[] stored = StorageTypes.Store(op, type, inputs);
                DeviceRunner.AssertClose(DeviceRunner.Run(Oracle, op, stored), DeviceRunner.Run(device, op, stored, gap), 1e-5 + (2 * StorageTypes.HalfStep(type)), $"{op} {type}");
            }
        }

        Assert.IsTrue(device.Host.Requests().All(request => request.Method.DeclaringType == typeof(RowNormKernel)), "all in registers");
    }

    [TestMethod]
    public void DeviationsOfImagesAgree()
    {
        foreach (Shape shape in (Shape[])[new(1, 1, 1, 2), new(3, 8, 8, 4), new(2, 13, 7, 5), new(1, 64, 65, 4)])
        {
            Check(new StandardDeviation(), 0, Operand.Random(shape, 1, 2));
            Check(new StandardDeviation(), 100, Operand.Random(shape, 1, 2, 100));
        }
    }

    [TestMethod]
    [DataRow(ElementType.F32)]
    [DataRow(ElementType.F16)]
    [DataRow(ElementType.BF16)]
    public void APictureHasTheSameStatisticsInAnyBatchAndHoweverItLies(ElementType type)
    {
        Shape shape = new(3, 17, 9, 32);
        Operand x = Operand.Random(shape, 1).As(type), gamma = Operand.Random(Shape.Vector(32), 2), beta = Operand.Random(Shape.Vector(32), 3);
        int image = x.Data.Length / 3;
        Operand second = new(x.Type with { Shape = shape with { Batch = 1 } }, x.Data[image..(2 * image)]);
        CollectionAssert.AreEqual(
            DeviceRunner.Run(_device, new GroupNormStatistics(8, 1e-5), [x, gamma, beta])[64..128],
            DeviceRunner.Run(_device, new GroupNormStatistics(8, 1e-5), [second, gamma, beta]));
        CollectionAssert.AreEqual(DeviceRunner.Run(_device, new StandardDeviation(), [x])[1..2], DeviceRunner.Run(_device, new StandardDeviation(), [second]));
        CollectionAssert.AreEqual(DeviceRunner.Run(_device, new GroupNormStatistics(8, 1e-5), [x, gamma, beta]), DeviceRunner.Run(_device, new GroupNormStatistics(8, 1e-5), [x, gamma, beta], 3));
        float[] rows = DeviceRunner.Run(_device, new RowStatistics(1e-5), [x]);
        CollectionAssert.AreEqual(rows, DeviceRunner.Run(_device, new RowStatistics(1e-5), [x], 3));
        CollectionAssert.AreEqual(rows[306..612], DeviceRunner.Run(_device, new RowStatistics(1e-5), [second]));
    }

    // What the inputs' own rounding may move grows with the mean. Statistics are single precision, whatever their inputs are.
    private static void Check(Op op, float mean, params Operand[] inputs)
    {
        foreach (ElementType type in StorageTypes.All)
        {
            Operand[] stored = StorageTypes.Store(op, type, inputs);
            float[] expected = DeviceRunner.Run(Oracle, op, stored);
            double tolerance = mean == 0 ? 2e-6 : 2e-5;
            foreach ((GpuDevice device, int gap) in new[] { _device, _cuda }.SelectMany(device => new[] { 0, 3, 8 }.Select(gap => (device, gap))))
            {
                DeviceRunner.AssertClose(expected, DeviceRunner.Run(device, op, stored, gap), tolerance, $"{device.Kind.Text()}, {op} {stored[0].Type} around {mean}, gap {gap}");
            }
        }
    }
}
