using ILGPU.Runtime.Cuda;
using IlgpuDiffusion.Gpu.Cuda;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>A kernel's PTX is the same text whatever was compiled before it, as the driver's cache wants it.</summary>
[TestClass]
public sealed class PtxNamesTests
{
    private const string Header = ".version 8.0\n.target sm_80\n.address_size 64\n";

    [TestMethod]
    public void NamesAreNumberedFromZeroInTheirOrder() => Assert.AreEqual(
        $"{Header}.func Kernel_0(.param .b64 _p_1) {{ ld.param.b32 %r5, [_p_1+8]; L_2: @%p1 bra L_3; shared.b_16 {{x1_y, %r_7}}; L_3: bra L_2; }}",
        PtxNames.Renumber($"{Header}.func Kernel_77(.param .b64 _p_15057) {{ ld.param.b32 %r5, [_p_15057+8]; L_150550: @%p1 bra L_2; shared.b_16 {{x1_y, %r_7}}; L_2: bra L_150550; }}", "Entry"));

    [TestMethod]
    public void TheKernelsOwnNameStays() => Assert.AreEqual($"{Header}.entry Run_16(_p_0)", PtxNames.Renumber($"{Header}.entry Run_16(_p_99)", "Run_16"));

    [TestMethod]
    public void ATextWithoutAHeaderIsRefused() => Assert.ThrowsExactly<ArgumentException>(() => PtxNames.Renumber(".target sm_80", "Run"));

    [TestMethod]
    public void KernelsOfOneContextAreTheSameTextsInTheSameOrderWhateverTheProcessHasCompiledBefore()
    {
        // One of each sort; the first is its context's first.
        IEnumerable<TensorKernel> kernels = TensorKernel.All.DistinctBy(kernel => (kernel.Method.DeclaringType, kernel.Method.Name));
        using PtxLab.Compiler first = new(CudaArchitecture.SM_90, CudaInstructionSet.ISA_80), second = new(CudaArchitecture.SM_90, CudaInstructionSet.ISA_80);
        foreach (TensorKernel kernel in kernels)
        {
            Assert.IsTrue(first.Compile(kernel.Method, kernel.Specialization) == second.Compile(kernel.Method, kernel.Specialization), kernel.Name);
        }
    }
}
