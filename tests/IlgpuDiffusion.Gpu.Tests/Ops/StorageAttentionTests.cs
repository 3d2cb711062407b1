using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

[TestClass]
internal sealed class HalfAttentionTests : AttentionTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.F16;
}

[TestClass]
internal sealed class BrainAttentionTests : AttentionTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.BF16;
}
