using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

/// <summary>Linear layers as CUDA launches them, their code run instruction by instruction.</summary>
[TestClass]
internal class CudaLinearTests : LinearOpTests
{
    /// <inheritdoc/>
    protected override double Tolerance => 4e-6;

    /// <inheritdoc/>
    protected override Device Open() => PtxRunner.Open();
}

[TestClass]
internal sealed class CudaHalfLinearTests : CudaLinearTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.F16;
}

[TestClass]
internal sealed class CudaBrainLinearTests : CudaLinearTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.BF16;
}

/// <summary>Convolutions likewise.</summary>
[TestClass]
internal class CudaConv2dTests : Conv2dOpTests
{
    /// <inheritdoc/>
    protected override double Tolerance => 4e-6;

    /// <inheritdoc/>
    protected override Device Open() => PtxRunner.Open();
}

[TestClass]
internal sealed class CudaHalfConv2dTests : CudaConv2dTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.F16;
}

[TestClass]
internal sealed class CudaBrainConv2dTests : CudaConv2dTests
{
    /// <inheritdoc/>
    protected override ElementType Type => ElementType.BF16;
}

/// <summary>Attention by the portable kernel likewise.</summary>
[TestClass]
internal sealed class CudaAttentionTests : AttentionOpTests
{
    /// <inheritdoc/>
    protected override double Tolerance => 4e-6;

    /// <inheritdoc/>
    protected override Device Open() => PtxRunner.Open();
}
