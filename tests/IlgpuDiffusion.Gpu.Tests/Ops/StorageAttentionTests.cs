using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

[TestClass]
public sealed class HalfAttentionTests : AttentionTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.F16;
}

[TestClass]
public sealed class BrainAttentionTests : AttentionTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.BF16;
}
