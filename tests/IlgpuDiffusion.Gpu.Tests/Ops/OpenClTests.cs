using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

/// <summary>Linear layers on the first OpenCL device; inconclusive where there is none.</summary>
[TestClass]
internal sealed class OpenClLinearTests : LinearOpTests
{
    /// <inheritdoc/>
    protected override double Tolerance => 4e-6;

    /// <inheritdoc/>
    protected override Device Open() => TestDevice.OpenCl();
}

/// <summary>Convolutions on the first OpenCL device; inconclusive where there is none.</summary>
[TestClass]
internal sealed class OpenClConv2dTests : Conv2dOpTests
{
    /// <inheritdoc/>
    protected override double Tolerance => 4e-6;

    /// <inheritdoc/>
    protected override Device Open() => TestDevice.OpenCl();
}

/// <summary>Attention on the first OpenCL device; inconclusive where there is none.</summary>
[TestClass]
internal sealed class OpenClAttentionTests : AttentionOpTests
{
    /// <inheritdoc/>
    protected override double Tolerance => 4e-6;

    /// <inheritdoc/>
    protected override Device Open() => TestDevice.OpenCl();
}

/// <summary>Graphs of many ops on the first OpenCL device; inconclusive where there is none.</summary>
[TestClass]
internal sealed class OpenClGraphTests
{
    public static IEnumerable<int> Seeds => Enumerable.Range(1, 6);

    [TestMethod]
    [DynamicData(nameof(Seeds))]
    public void OpenClAgreesWithTheOracle(int seed)
    {
        using CheckedDevice device = new(TestDevice.OpenCl());
        RandomGraphTests.AgreesWithTheOracle(seed, device);
    }
}
