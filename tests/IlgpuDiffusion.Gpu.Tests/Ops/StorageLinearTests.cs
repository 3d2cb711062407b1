using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

[TestClass]
internal sealed class HalfLinearTests : LinearTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.F16;
}

[TestClass]
internal sealed class BrainLinearTests : LinearTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.BF16;
}
