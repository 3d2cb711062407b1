using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Ops;

[TestClass]
internal sealed class TokenTests : TokenOpTests
{
    /// <inheritdoc/>
    protected override IReadOnlyList<ElementType> Types => [ElementType.F32];

    [TestMethod]
    public void APointOutsideTheGridIsNamed()
    {
        Operand one = new(Shape.Scalar, [1f]);
        InvalidDataException e = Assert.ThrowsExactly<InvalidDataException>(() =>
            OpRunner.Run(new Resample(), [Operand.Random(new Shape(1, 3, 5, 8), 1), new(Shape.Scalar, [2]), one, new(Shape.Scalar, [5]), one]));
        Assert.Contains("column 5", e.Message);
    }

    [TestMethod]
    public void DestinationsThatDoNotAscendAreNamed()
    {
        InvalidDataException e = Assert.ThrowsExactly<InvalidDataException>(() =>
            OpRunner.Bytes(new MatchTokens(1), [Operand.Random(new Shape(1, 3, 5, 8), 1), new(new Shape(1, 1, 2, 1), [4, 4])]));
        Assert.Contains("destination 1 is 4", e.Message);
    }

    /// <inheritdoc/>
    protected override Device Open() => new CpuDevice(new CpuDeviceOptions { Threads = 2 });
}
