using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

[TestClass]
public sealed class Conv2dTests : Conv2dOpTests
{
    /// <inheritdoc/>
    protected override Device Open() => new CpuDevice(new CpuDeviceOptions { Threads = 2 });
}
