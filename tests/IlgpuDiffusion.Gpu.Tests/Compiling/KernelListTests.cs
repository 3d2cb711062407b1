using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Compiling;

/// <summary>How many instances of each kernel there are: each may cost the time to a first picture, so that a change of their number is seen.</summary>
[TestClass]
public sealed class KernelListTests
{
    /// <summary>Set, it has the list written instead.</summary>
    private const string Variable = "WRITE_KERNELS";

    private static readonly string Committed = Path.Combine(Golden.Checkout, "tests", "IlgpuDiffusion.Gpu.Tests", "Compiling", "kernels.txt");

    [TestMethod]
    public void TheNumberOfKernelsIsTheCommittedOne()
    {
        string[] now =
        [
            .. KernelInstances.Counts(KernelInstances.Cuda.Select(kernel => kernel.Kernel)).Select(line => $"cuda {line}"),
            .. KernelInstances.Counts(KernelInstances.OpenCl).Select(line => $"opencl {line}"),
            .. KernelInstances.Counts(KernelInstances.Cpu).Select(line => $"ilgpu-cpu {line}"),
        ];
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 })
        {
            File.WriteAllLines(Committed, now);
        }

        string[] known = File.ReadAllLines(Committed);
        Assert.IsTrue(known.SequenceEqual(now), $"The kernels are others than {Committed} lists; with {Variable}=1 it is written anew. New: {string.Join(", ", now.Except(known))}. Gone: {string.Join(", ", known.Except(now))}.");
    }
}
