using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

[TestClass]
internal sealed class HalfConv2dTests : Conv2dTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.F16;
}

[TestClass]
internal sealed class BrainConv2dTests : Conv2dTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.BF16;
}
