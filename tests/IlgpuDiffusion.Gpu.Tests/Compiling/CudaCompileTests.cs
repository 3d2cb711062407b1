using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using IlgpuDiffusion.Gpu.Cuda;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Compiling;

/// <summary>Every kernel of CUDA as its driver is given it: ILGPU compiles it, and what comes out is what the assembler takes and a GPU does well.</summary>
[TestClass]
public sealed partial class CudaCompileTests
{
    [TestMethod]
    public void EveryKernelIsTakenByTheReader()
    {
        List<string> wrong = [];
        foreach ((MethodInfo kernel, KernelSpecialization specialization) in KernelInstances.Cuda)
        {
            string name = GpuHost.NameOf(kernel);
            try
            {
                PtxCode code = PtxLab.Of(kernel, specialization);
                PtxModule module = code.Module;
                wrong.AddRange(Faults(code, module, specialization).Select(fault => $"{name} {fault}."));
            }
            catch (Exception e) when (e is PtxException or InternalCompilerException or NotSupportedException)
            {
                wrong.Add($"{name}: {e.Message}");
            }
        }

        Assert.IsEmpty(wrong, string.Join('\n', wrong));
        Console.WriteLine($"{KernelInstances.Cuda.Count} kernels");
    }

    [TestMethod]
    [DataRow("SM_75", "ISA_63", 75)]
    [DataRow("SM_80", "ISA_74", 80)]
    [DataRow("SM_86", "ISA_74", 80)]
    [DataRow("SM_90", "ISA_80", 80)]
    public void TheHeaderNamesTheTargetThatTheDeviceHas(string architecture, string set, int target)
    {
        using PtxLab.Compiler compiler = new(Known<CudaArchitecture>(architecture), Known<CudaInstructionSet>(set));
        MethodInfo light = typeof(ElementKernel).GetMethod(nameof(ElementKernel.Run1))!.MakeGenericMethod(typeof(AffineMap), typeof(ushort), typeof(CudaFloat16Format));
        List<(MethodInfo Kernel, KernelSpecialization Specialization)> kernels = [(light, default)];
        if (target >= 80)
        {
            TensorKernel tensor = TensorKernel.All.Single(kernel => kernel.Name == "GEMM 128×128 bf16");
            kernels.Add((tensor.Method, tensor.Specialization));
        }

        foreach ((MethodInfo kernel, KernelSpecialization specialization) in kernels)
        {
            string text = compiler.Compile(kernel, specialization);
            PtxModule module = PtxReader.Read(text);
            Assert.AreEqual(target, module.Target);
            Assert.AreEqual(set, string.Create(CultureInfo.InvariantCulture, $"ISA_{module.Version}"));
            Assert.HasCount(1, EntryLine().Matches(text));
        }
    }

    [TestMethod]
    public void EnablingIlgpusAlgorithmsLeavesTheCodeAlone()
    {
        // It gives other code for some functions of numbers (XMath.Rsqrt), which no kernel calls. One instance of each kernel, in the same order in both contexts.
        using PtxLab.Compiler plain = new(CudaArchitecture.SM_90, CudaInstructionSet.ISA_80), enabled = new(CudaArchitecture.SM_90, CudaInstructionSet.ISA_80, builder => builder.EnableAlgorithms());
        foreach ((MethodInfo kernel, KernelSpecialization specialization) in KernelInstances.Cuda.DistinctBy(instance => (instance.Kernel.DeclaringType, instance.Kernel.Name)))
        {
            Assert.IsTrue(plain.Compile(kernel, specialization) == enabled.Compile(kernel, specialization), GpuHost.NameOf(kernel));
        }
    }

    private static IEnumerable<string> Faults(PtxCode code, PtxModule module, KernelSpecialization specialization)
    {
        if (code.Text.Contains(".local", StringComparison.Ordinal))
        {
            yield return "has memory of an item's own";
        }

        if (module.Entry.Code.FirstOrDefault(statement => statement.Op.StartsWith("call", StringComparison.Ordinal)) is { } call)
        {
            yield return $"calls: {call.Text}";
        }

        // The second level of optimisation takes branches to be uniform that are not.
        if (module.Entry.Code.FirstOrDefault(statement => statement is { Op: "bra.uni", Guard: not null }) is { } branch)
        {
            yield return $"says that lanes go the same way where they may not: {branch.Text}";
        }

        if (Regex.Count(code.Text, @"\.extern \.shared") > 1)
        {
            yield return "asks for dynamic shared memory at more than one place";
        }

        int[]? items = module.Entry.Directives.GetValueOrDefault("maxntid"), groups = module.Entry.Directives.GetValueOrDefault("minnctapersm");
        if (items?[0] != specialization.MaxNumThreadsPerGroup || groups?[0] != specialization.MinNumGroupsPerMultiprocessor)
        {
            yield return $"is compiled for {items?[0]} items and {groups?[0]} groups a multiprocessor, not {specialization.MaxNumThreadsPerGroup} and {specialization.MinNumGroupsPerMultiprocessor}";
        }
    }

    private static T Known<T>(string name)
        where T : struct => (T)typeof(T).GetField(name, BindingFlags.Static | BindingFlags.Public)!.GetValue(null)!;

    [GeneratedRegex(@"^\.visible \.entry ", RegexOptions.Multiline)]
    private static partial Regex EntryLine();
}
