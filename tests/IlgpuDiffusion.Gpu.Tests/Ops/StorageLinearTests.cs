using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

[TestClass]
public sealed class HalfLinearTests : LinearTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.F16;
}

[TestClass]
public sealed class BrainLinearTests : LinearTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.BF16;
}
