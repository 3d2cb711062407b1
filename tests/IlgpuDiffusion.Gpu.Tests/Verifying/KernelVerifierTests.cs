using System.Reflection;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Tests.Conformance;

namespace IlgpuDiffusion.Gpu.Tests.Verifying;

/// <summary>Every kernel of the GPU project holds to what ILGPU compiles, and what does not is found.</summary>
[TestClass]
public sealed class KernelVerifierTests
{
    private const BindingFlags Declared = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    [TestMethod]
    public void EveryKernelOfTheDeviceIsOneThatIlgpuCompiles()
    {
        string[] wrong = [.. KernelList.Of(typeof(IlgpuBuild).Assembly).SelectMany(entry => KernelVerifier.Check(entry.Kernel, entry.Portable))];
        Assert.IsEmpty(wrong, string.Join('\n', wrong));
    }

    [TestMethod]
    public void GoodKernelsPass()
    {
        (MethodInfo Kernel, bool Portable)[] kernels = [.. KernelList.Of(typeof(GoodKernels).Assembly)];
        CollectionAssert.AreEquivalent(new[] { "Plain", "Typed", "Typed", "Shared", "Sized", "Summed" }, kernels.Select(entry => entry.Kernel.Name).ToArray());
        string[] wrong = [.. kernels.SelectMany(entry => KernelVerifier.Check(entry.Kernel, entry.Portable))];
        Assert.IsEmpty(wrong, string.Join('\n', wrong));
    }

    [TestMethod]
    public void FunctionsThatCudaLacksAreForPortableKernels()
    {
        MethodInfo kernel = typeof(BadKernels).GetMethod(nameof(BadKernels.Exponential))!;
        Assert.IsEmpty(KernelVerifier.Check(kernel, portable: true));
        Assert.Contains("BadKernels.Exponential: BadKernels.Exponential at IL_", KernelVerifier.Check(kernel)[0]);
    }

    [TestMethod]
    [DataRow(nameof(BadKernels.Object), "newobj", "allocates an object")]
    [DataRow(nameof(BadKernels.Array), "newarr Single", "allocates an array")]
    [DataRow(nameof(BadKernels.Boxed), "box Int32", "boxes")]
    [DataRow(nameof(BadKernels.Lambda), "ldftn", "delegate")]
    [DataRow(nameof(BadKernels.Throws), "throw", "throws")]
    [DataRow(nameof(BadKernels.Tries), "Tries", "has a try block")]
    [DataRow(nameof(BadKernels.Virtual), "callvirt", "method of an object")]
    [DataRow(nameof(BadKernels.Equality), "call", "method of an object")]
    [DataRow(nameof(BadKernels.Text), "ldstr", "has a string")]
    [DataRow(nameof(BadKernels.Mutable), "ldsfld", "may change")]
    [DataRow(nameof(BadKernels.Stores), "stsfld", "changes a static field")]
    [DataRow(nameof(BadKernels.Table), "ldsfld", "static object")]
    [DataRow(nameof(BadKernels.Stack), "localloc", "on the stack")]
    [DataRow(nameof(BadKernels.Spans), "Span", "there are views")]
    [DataRow(nameof(BadKernels.Inline), "Eight", "an inline array")]
    [DataRow(nameof(BadKernels.SystemHalf), "Half", "there is ILGPU.Half")]
    [DataRow(nameof(BadKernels.Added), "Unsafe.Add", "does not compile")]
    [DataRow(nameof(BadKernels.Bits), "BitConverter.UInt32BitsToSingle", "does not compile")]
    [DataRow(nameof(BadKernels.Clamped), "Math.Clamp", "does not compile")]
    [DataRow(nameof(BadKernels.Fused), "MathF.FusedMultiplyAdd", "does not compile")]
    [DataRow(nameof(BadKernels.Vectors), "Vector3", "a vector type")]
    [DataRow(nameof(BadKernels.Exponential), "MathF.Exp", "not have exactly on CUDA")]
    [DataRow(nameof(BadKernels.Recursive), "Factorial", "calls itself")]
    [DataRow(nameof(BadKernels.Host), "Context.Create", "host side")]
    [DataRow(nameof(BadKernels.Deep), "BadKernels.Third at", "throws")]
    [DataRow(nameof(BadKernels.Flag), "parameter flag", "has a Boolean")]
    [DataRow("Hidden", "parameter p", "cannot see")]
    [DataRow(nameof(BadKernels.Result), "Result", "without result")]
    [DataRow(nameof(BadKernels.Twice), "Twice", "dynamic shared memory at more than one place")]
    [DataRow(nameof(BadKernels.TwiceBelow), "TwiceBelow", "dynamic shared memory at more than one place")]
    [DataRow(nameof(BadKernels.SizeOfParameter), "SharedMemory.Allocate", "comes from a parameter")]
    [DataRow(nameof(BadKernels.SizeOfLocal), "LocalMemory.Allocate", "comes from a parameter")]
    [DataRow(nameof(BadKernels.SizeOfGroup), "SharedMemory.Allocate", "Group.get_DimX")]
    [DataRow(nameof(BadKernels.SizeOfVariable), "SharedMemory.Allocate", "a variable that changes")]
    public void BadKernelsAreNamedWithMethodInstructionAndReason(string kernel, string where, string reason)
    {
        IReadOnlyList<string> wrong = KernelVerifier.Check(typeof(BadKernels).GetMethod(kernel, Declared)!);
        Assert.IsTrue(wrong.Any(line => line.StartsWith($"BadKernels.{kernel}: ", StringComparison.Ordinal) && line.Contains(where) && line.Contains(reason)), string.Join('\n', wrong));
    }

    [TestMethod]
    public void GoodKernelsAreLoaded()
    {
        foreach ((MethodInfo kernel, _) in KernelList.Of(typeof(GoodKernels).Assembly))
        {
            using Lab lab = new();
            lab.Accelerator.LoadKernel(kernel, KernelSpecialization.Empty);
        }
    }

    [TestMethod]
    [DataRow(nameof(BadKernels.Object))]
    [DataRow(nameof(BadKernels.Boxed))]
    [DataRow(nameof(BadKernels.Lambda))]
    [DataRow(nameof(BadKernels.Throws))]
    [DataRow(nameof(BadKernels.Virtual))]
    [DataRow(nameof(BadKernels.Equality))]
    [DataRow(nameof(BadKernels.Mutable))]
    [DataRow(nameof(BadKernels.Stores))]
    [DataRow(nameof(BadKernels.Table))]
    [DataRow(nameof(BadKernels.Stack))]
    [DataRow(nameof(BadKernels.Spans))]
    [DataRow(nameof(BadKernels.Inline))]
    [DataRow(nameof(BadKernels.SystemHalf))]
    [DataRow(nameof(BadKernels.Added))]
    [DataRow(nameof(BadKernels.Bits))]
    [DataRow(nameof(BadKernels.Clamped))]
    [DataRow(nameof(BadKernels.Host))]
    [DataRow(nameof(BadKernels.Deep))]
    [DataRow(nameof(BadKernels.Flag))]
    [DataRow("Hidden")]
    public void IlgpuRefusesWhatTheVerifierRefuses(string kernel)
    {
        if (!IlgpuBuild.IsPackage)
        {
            Assert.Inconclusive("Built against the subset; only ILGPU has a compiler (-p:IlgpuPackage=true).");
        }

        using Lab lab = new();
        Assert.Throws<Exception>(() => lab.Accelerator.LoadKernel(typeof(BadKernels).GetMethod(kernel, Declared)!, KernelSpecialization.Empty));
    }
}
