namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Marks a kernel's entry: a static method without result that the host loads, and whose code, with all it calls, the tests hold to
/// what ILGPU compiles. A generic kernel has one attribute for each list of type arguments that it is loaded with.
/// </summary>
/// <param name="arguments">The type arguments.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class KernelAttribute(params Type[] arguments) : Attribute
{
    private static readonly Type[][] Formats =
        [[typeof(float), typeof(Float32Format)], [typeof(ushort), typeof(Float16Format)], [typeof(ushort), typeof(CudaFloat16Format)], [typeof(ushort), typeof(BFloat16Format)]];

    /// <summary>The type arguments of one instance.</summary>
    public Type[] Arguments { get; } = arguments;

    /// <summary>Whether an element and an <see cref="IElementFormat{TElement}"/> follow as last type arguments, and there is an instance for each.</summary>
    public bool EveryFormat { get; init; }

    /// <summary>The lists of type arguments.</summary>
    public IEnumerable<Type[]> Instances => EveryFormat ? Formats.Select(format => (Type[])[.. Arguments, .. format]) : [Arguments];
}
