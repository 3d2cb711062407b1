namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Marks a kernel's entry: a static method without result that the host loads, and whose code, with all it calls, the tests hold to
/// what ILGPU compiles. A generic kernel has one attribute for each list of type arguments that it is loaded with.
/// </summary>
/// <param name="arguments">The type arguments.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class KernelAttribute(params Type[] arguments) : Attribute
{
    /// <summary>The type arguments of one instance.</summary>
    public Type[] Arguments { get; } = arguments;

    /// <summary>Whether it never runs on CUDA, and so may use functions that ILGPU has for other devices only, such as MathF.Exp.</summary>
    public bool Portable { get; init; }
}
