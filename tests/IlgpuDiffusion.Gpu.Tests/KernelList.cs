using System.Reflection;

namespace IlgpuDiffusion.Gpu.Tests;

/// <summary>The kernels of an assembly: the methods with a <see cref="KernelAttribute"/>, with the type arguments that it names.</summary>
internal static class KernelList
{
    private const BindingFlags Declared = BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static IEnumerable<MethodInfo> Of(Assembly assembly) =>
        from method in assembly.GetTypes().SelectMany(type => type.GetMethods(Declared))
        from kernel in method.GetCustomAttributes<KernelAttribute>()
        from arguments in kernel.Instances
        select method.IsGenericMethodDefinition ? method.MakeGenericMethod(arguments) : method;
}
