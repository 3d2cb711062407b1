using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

[TestClass]
internal sealed class LinearTests : LinearOpTests
{
    [TestMethod]
    public void RunningAllocatesNothing()
    {
        using WorkerPool pool = new(2);
        Shape x = new(2, 3, 50, 140);
        TensorType[] types = [new(x), new(Shape.Matrix(1000, 140)), new(new Shape(2, 1, 1, 280))];
        Prepared prepared = Products.Linear(pool, new Linear(Prologue.ScaleShiftSilu), new Operands(types, [new TensorType(x with { Channels = 1000 })]));
        using NativeFloats a = new(types[0].Bytes), b = new(types[1].Bytes), c = new(types[2].Bytes), y = new(x.Rows * 4000L), scratch = new(prepared.Scratch);
        Launch launch = prepared.Bind([a.Place(140), b.Place(140), c.Place(280), y.Place(1000), scratch.Place(1)], "test");
        AllocationAssert.None(() => launch.Run(default, CancellationToken.None));
    }

    [TestMethod]
    public void AWeightOfAnotherTypeIsRefused()
    {
        using WorkerPool pool = new(1);
        TensorType[] types = [new(new Shape(1, 1, 2, 8)), new(Shape.Matrix(4, 8), ElementType.F64)];
        ArgumentException error = Assert.ThrowsExactly<ArgumentException>(() => Products.Linear(pool, new Linear(), new Operands(types, [new TensorType(new Shape(1, 1, 2, 4))])));
        Assert.Contains("Cast it", error.Message);
    }

    [TestMethod]
    public void AnInfiniteWeightIsNotSilentlyFinite()
    {
        // A half whose exponent field is full must not become 65536.
        Span<ushort> words = [0x7C00, 0xFC00, 0x7E00, 0x0001, 0x83FF, 0x7BFF, 0x3C00, 0x8000, 0x0400, 0xFBFF, 0x7C01, 0x0000, 0x1234, 0x9234, 0x4321, 0xC321];
        float[] wide = new float[16];
        unsafe
        {
            fixed (ushort* from = words)
            {
                fixed (float* to = wide)
                {
                    Widening.ToSingle(to, (byte*)from, 16, ElementType.F16);
                }
            }
        }

        for (int i = 0; i < 16; i++)
        {
            Assert.AreEqual((float)BitConverter.UInt16BitsToHalf(words[i]), wide[i], $"0x{words[i]:X4}");
        }
    }

    /// <inheritdoc/>
    protected override Device Open() => new CpuDevice(new CpuDeviceOptions { Threads = 2 });
}
