using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

[TestClass]
internal class Conv2dTests : Conv2dOpTests
{
    /// <inheritdoc/>
    protected override double Tolerance => 4e-6;

    /// <inheritdoc/>
    protected override Device Open() => TestDevice.Open();
}
