using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Ops;

[TestClass]
internal sealed class AttentionTests : AttentionOpTests
{
    [TestMethod]
    public void ABadTileIsNamed()
    {
        Operand[] inputs = [Operand.Random(new Shape(1, 3, 5, 16), 1), Tiles(0, 3, 0, 6), Operand.Random(new Shape(1, 3, 5, 16), 2), Operand.Random(new Shape(1, 3, 5, 16), 3)];
        InvalidDataException e = Assert.ThrowsExactly<InvalidDataException>(() => OpRunner.Run(Plain(1, 16) with { Tiled = true }, inputs));
        Assert.Contains("tile 0", e.Message);
    }

    [TestMethod]
    public void ThreadsAndBatchDoNotChangeTheBits()
    {
        Attention op = Plain(2, 40);
        Operand[] inputs = Inputs(3, 80, 150, 290);
        float[] one = OpRunner.Run(op, inputs, 1);
        CollectionAssert.AreEqual(one, OpRunner.Run(op, inputs, 2));
        CollectionAssert.AreEqual(one, OpRunner.Run(op, inputs, 3, 17));
        int image = one.Length / 3;
        for (int b = 0; b < 3; b++)
        {
            CollectionAssert.AreEqual(one[(b * image)..((b + 1) * image)], OpRunner.Run(op, [.. inputs.Select(i => i.Images(b, 1))], 2, 8));
        }
    }

    /// <inheritdoc/>
    protected override Device Open() => new CpuDevice(new CpuDeviceOptions { Threads = 2 });
}
