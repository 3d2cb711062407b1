using IlgpuDiffusion.Gpu.Kernels;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Marks a kernel's entry: a static method without result that the host loads, and whose code, with all it calls, the tests hold to
/// what ILGPU compiles. A generic kernel has one attribute for each list of type arguments that it is loaded with.
/// </summary>
/// <param name="arguments">The type arguments.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class KernelAttribute(params Type[] arguments) : Attribute
{
    private static readonly Type[][] StoredTypes =
        [[typeof(float), typeof(SingleElement)], [typeof(ushort), typeof(HalfElement)], [typeof(ushort), typeof(CudaHalfElement)], [typeof(ushort), typeof(BrainElement)]];

    /// <summary>The type arguments of one instance.</summary>
    public Type[] Arguments { get; } = arguments;

    /// <summary>Whether an element and an <see cref="IStoredElement{TElement}"/> follow as last type arguments, and there is an instance for each.</summary>
    public bool Stored { get; init; }

    /// <summary>Whether it never runs on CUDA, and so may use functions that ILGPU has for other devices only, such as MathF.Exp.</summary>
    public bool Portable { get; init; }

    /// <summary>The lists of type arguments.</summary>
    public IEnumerable<Type[]> Instances => Stored ? StoredTypes.Select(stored => (Type[])[.. Arguments, .. stored]) : [Arguments];
}
