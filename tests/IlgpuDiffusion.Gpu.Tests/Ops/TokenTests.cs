using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

[TestClass]
internal sealed class TokenTests : TokenOpTests
{
    /// <inheritdoc/>
    protected override IReadOnlyList<ElementType> Types => StorageTypes.All;

    /// <inheritdoc/>
    protected override Device Open() => TestDevice.Open();
}
