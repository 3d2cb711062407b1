using System.Text.RegularExpressions;
using IlgpuDiffusion.Gpu.Cuda;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>The code that ILGPU makes of the kernels on tensor cores: everything in registers, nothing called.</summary>
[TestClass]
public sealed class PtxTests
{
    public static IEnumerable<object[]> Kernels => TensorKernel.All.Select(kernel => new object[] { kernel.Name });

    [TestMethod]
    [DynamicData(nameof(Kernels))]
    public void AKernelStaysInRegisters(string name)
    {
        TensorKernel kernel = TensorKernel.All.Single(kernel => kernel.Name == name);
        string ptx = PtxLab.Of(kernel).Text, code = PtxLab.Of(kernel).Entry;
        Assert.DoesNotContain(".local", ptx);
        Assert.DoesNotMatchRegex(new Regex(@"^\s*(@!?%p\d+\s+)?call", RegexOptions.Multiline), code);
        Assert.DoesNotContain("bra.uni %", code);
        Assert.AreEqual(kernel.MultiplyAdds, Regex.Count(code, @"mma\.sync\.aligned\.m16n8k16"), "mma.sync");
        Assert.Contains($".maxntid {kernel.Threads}, 1, 1", ptx);
        Assert.Contains($".minnctapersm {kernel.GroupsPerProcessor}", ptx);
        Assert.DoesNotContain(".f64", code);

        // Of an item's registers, which come by eights, an assembler needs some for itself: above that numbers go to memory.
        int most = Math.Min(255, (65536 / (kernel.Threads * kernel.GroupsPerProcessor)) & ~7) * 232 / 255;
        int held = PtxLiveness.Of(ptx);
        Console.WriteLine($"{held} registers");
        Assert.IsLessThanOrEqualTo(most, held, $"registers that are held at once, of {kernel.GroupsPerProcessor} groups a multiprocessor");
    }

    [TestMethod]
    public void NormsHoldTheirRowsInRegisters()
    {
        foreach (Type[] arguments in new Type[][] { [typeof(LayerRows), typeof(float), typeof(Float32Format)], [typeof(LayerRows), typeof(ushort), typeof(CudaFloat16Format)], [typeof(SquareRows), typeof(ushort), typeof(BFloat16Format)] })
        {
            int held = PtxLiveness.Of(PtxLab.Of(typeof(RowNormKernel).GetMethod(nameof(RowNormKernel.Run))!.MakeGenericMethod(arguments), RowNormForm.Form.Specialization).Text);
            Assert.IsLessThanOrEqualTo(104, held, $"{arguments[0].Name}: of the 128 that {RowNormKernel.GroupsPerProcessor} groups of {RowNormKernel.Threads} leave");
        }
    }

    [TestMethod]
    public void ProductsInSinglePrecisionMultiplyAndAddAtOnce()
    {
        foreach (TensorKernel kernel in TensorKernel.Blocks)
        {
            string code = PtxLab.Of(kernel).Entry;
            Assert.AreEqual(8 * 64, Regex.Count(code, @"\bfma\.rn\.f32"), kernel.Name);
            Assert.AreEqual(8 * 4, Regex.Count(code, @"\bld\.shared\.v4"), kernel.Name);
        }
    }
}
