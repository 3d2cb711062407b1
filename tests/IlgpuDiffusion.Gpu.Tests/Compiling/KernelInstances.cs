using System.Reflection;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Cuda;

namespace IlgpuDiffusion.Gpu.Tests.Compiling;

/// <summary>Every kernel with the type arguments that it is loaded with, and where each runs.</summary>
internal static class KernelInstances
{
    private static readonly MethodInfo[] All = [.. KernelList.Of(typeof(GpuDevice).Assembly).Concat(TensorKernel.All.Select(kernel => kernel.Method)).Distinct()];

    /// <summary>Those of CUDA, with how they are compiled there.</summary>
    public static IReadOnlyList<(MethodInfo Kernel, KernelSpecialization Specialization)> Cuda { get; } =
        [.. All.Where(kernel => !Names(kernel, "Emulated", "PlainUnits")).Select(kernel => (kernel, TensorKernel.All.FirstOrDefault(tensor => tensor.Method == kernel)?.Specialization ?? default))];

    /// <summary>Those of OpenCL, where no items meet: neither on tensor cores nor in a warp.</summary>
    public static IReadOnlyList<MethodInfo> OpenCl { get; } = [.. All.Where(kernel => !Names(kernel, "Emulated", "PlainUnits", "Cuda") && kernel.DeclaringType != typeof(RowNormKernel) && kernel.DeclaringType != typeof(GroupNormFinishKernel))];

    /// <summary>Those of the processor, without the emulations of tensor cores: what is emulated is compiled by the tests that run it.</summary>
    public static IReadOnlyList<MethodInfo> Cpu { get; } = [.. All.Where(kernel => !Names(kernel, "Cuda", "Emulated"))];

    private static bool Names(MethodInfo kernel, params string[] parts) => kernel.IsGenericMethod && kernel.GetGenericArguments().Any(argument => parts.Any(part => Names(argument, part)));

    private static bool Names(Type type, string part) => type.Name.StartsWith(part, StringComparison.Ordinal) || type.GetGenericArguments().Any(argument => Names(argument, part));
}
