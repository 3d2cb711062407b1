using System.Reflection;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.OpenCL;
using IlgpuDiffusion.Gpu.Cuda;

namespace IlgpuDiffusion.Gpu.Tests.Compiling;

/// <summary>ILGPU compiles every kernel for the devices beside CUDA, without them.</summary>
[TestClass]
public sealed class BackEndTests
{
    [TestMethod]
    public void EveryKernelOfOpenClIsCompiledAndItsItemsDoNotMeet()
    {
        // As for a driver without a generic address space: at the second level addresses name their spaces.
        using Context context = Context.Create(builder => builder.Optimize(OptimizationLevel.O2).UsePtx());
        using CLBackend backend = new(context, new CLCapabilityContext(false, true, false, false, false), CLDeviceVendor.Other, new CLCVersion(2, 0));
        CompileAll(KernelInstances.OpenCl, kernel =>
        {
            string source = ((CLCompiledKernel)backend.Compile(EntryPointDescription.FromExplicitlyGroupedKernel(kernel), default)).Source;
            Assert.DoesNotContain("barrier(", source, "A portable kernel's items meet.");
        });
    }

    [TestMethod]
    public void EveryKernelOfTheProcessorIsCompiled()
    {
        using Context context = Context.Create(builder => builder.CPU(CPUDevice.Nvidia).Optimize(OptimizationLevel.O1));
        using Accelerator accelerator = context.Devices[0].CreateAccelerator(context);
        CompileAll(KernelInstances.Cpu, kernel => accelerator.LoadKernel(kernel, KernelSpecialization.Empty).Dispose());
    }

    // All that fail, by their names. A context that failed to compile a kernel compiles no other: the first one counts.
    private static void CompileAll(IReadOnlyList<MethodInfo> kernels, Action<MethodInfo> compile)
    {
        List<string> wrong = [];
        foreach (MethodInfo kernel in kernels)
        {
            try
            {
                compile(kernel);
            }
            catch (Exception e) when (e is InternalCompilerException or NotSupportedException or InvalidOperationException or AssertFailedException)
            {
                wrong.Add($"{GpuHost.NameOf(kernel)}: {e.Message}");
            }
        }

        Assert.IsEmpty(wrong, string.Join('\n', wrong));
        Console.WriteLine($"{kernels.Count} kernels");
    }
}
