using IlgpuDiffusion.Gpu.Cuda;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>A kernel's PTX is the same text whatever was compiled before it, as the driver's cache wants it.</summary>
[TestClass]
public sealed class PtxNamesTests
{
    [TestMethod]
    public void NamesAreNumberedFromZeroInTheirOrder() => Assert.AreEqual(
        ".func Kernel_0(.param .b64 _p_1) { ld.param.b32 %r5, [_p_1+8]; L_2: @%p1 bra L_3; shared.b_16 {x1_y, %r_7}; L_3: bra L_2; }",
        PtxNames.Renumber(".func Kernel_77(.param .b64 _p_15057) { ld.param.b32 %r5, [_p_15057+8]; L_150550: @%p1 bra L_2; shared.b_16 {x1_y, %r_7}; L_2: bra L_150550; }", "Entry"));

    [TestMethod]
    public void TheKernelsOwnNameStays() => Assert.AreEqual(".entry Run_16(_p_0)", PtxNames.Renumber(".entry Run_16(_p_99)", "Run_16"));

    [TestMethod]
    public void AKernelIsTheSameTextWhateverTheProcessHasCompiledBefore()
    {
        // Some of each sort.
        TensorKernel[] kernels = [.. TensorKernel.All.Where((_, i) => i % 7 == 0)];
        string[] first = [.. kernels.Select(kernel => PtxLab.Compile(kernel))];
        for (int i = kernels.Length - 1; i >= 0; i--)
        {
            string again = PtxLab.Compile(kernels[i]);
            Assert.AreNotEqual(first[i], again, "numbers count on");
            Assert.IsTrue(Renumbered(first[i]) == Renumbered(again), kernels[i].Name);
        }
    }

    [TestMethod]
    public void KernelsOfOneContextAreTheSameTextsInTheSameOrder()
    {
        TensorKernel[] kernels = [.. TensorKernel.All.Where((_, i) => i % 7 == 1)];
        using PtxLab.Compiler first = new();
        using PtxLab.Compiler second = new();
        foreach ((TensorKernel kernel, string one, string other) in kernels.Select(kernel => (kernel, first.Compile(kernel.Method, kernel.Specialization), second.Compile(kernel.Method, kernel.Specialization))))
        {
            Assert.IsTrue(Renumbered(one) == Renumbered(other), kernel.Name);
        }
    }

    private static string Renumbered(string ptx) => PtxNames.Renumber(ptx, "none");
}
