using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU.Il;

namespace IlgpuDiffusion.Gpu.Tests.Verifying;

/// <summary>Which types a kernel's parameters and variables may have.</summary>
internal static class Signature
{
    private const BindingFlags Fields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    /// <summary>What is wrong with a kernel's declaration.</summary>
    public static IEnumerable<string> Check(MethodInfo kernel)
    {
        if (!kernel.IsStatic || kernel.ReturnType != typeof(void))
        {
            yield return "a kernel is a static method without result";
        }

        if (kernel.GetParameters().Length is 0 or > 14)
        {
            yield return "a kernel has 1 to 14 parameters";
        }

        foreach (ParameterInfo parameter in kernel.GetParameters())
        {
            foreach (string reason in Parameter(parameter.ParameterType))
            {
                yield return $"parameter {parameter.Name} {reason}";
            }
        }
    }

    /// <summary>Why no variable may have a type, or null.</summary>
    public static string? Refusal(Type type)
    {
        while (type.HasElementType)
        {
            type = type.GetElementType()!;
        }

        Type open = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return open == typeof(Half) ? "for which there is ILGPU.Half"
            : open == typeof(decimal) || open == typeof(Int128) || open == typeof(UInt128) ? "which GPUs do not have"
            : open == typeof(Span<>) || open == typeof(ReadOnlySpan<>) ? "for which there are views"
            : type.Namespace is "System.Numerics" or "System.Runtime.Intrinsics" && type.IsValueType ? "a vector type"
            : type.IsDefined(typeof(InlineArrayAttribute)) ? "an inline array"
            : type.IsDefined(typeof(CompilerGeneratedAttribute)) && type.Name.StartsWith("<>c", StringComparison.Ordinal) ? "what a local function or lambda captures"
            : !type.IsValueType && !type.IsGenericParameter && !(type.IsAbstract && type.IsSealed) && type.Assembly != typeof(ILGPU.Context).Assembly && !type.IsInterface && type != typeof(void) ? Object(type)
            : null;
    }

    // A class may hold kernels; nobody may have one.
    private static string? Object(Type type) => type == typeof(string) || typeof(Delegate).IsAssignableFrom(type) || type == typeof(object) || type == typeof(Array) ? "an object" : null;

    private static IEnumerable<string> Parameter(Type type)
    {
        if (IsView(type))
        {
            return Element(type.GetGenericArguments()[0]);
        }

        return !type.IsValueType ? [$"is {IlNames.Of(type)} and not a value"]
            : Invisible(type) ? [$"has {IlNames.Of(type)}, which ILGPU cannot see: it must be internal or public"]
            : type == typeof(bool) || type == typeof(char) ? [$"has a {IlNames.Of(type)}; use int"]
            : Refusal(type) is { } reason ? [$"has {IlNames.Of(type)}, {reason}"]
            : type.IsPrimitive || type.IsEnum || type.Assembly == typeof(ILGPU.Context).Assembly ? []
            : type.IsAutoLayout ? [$"has {IlNames.Of(type)} without a fixed layout"]
            : type.GetFields(Fields).SelectMany(field => Parameter(field.FieldType));
    }

    private static IEnumerable<string> Element(Type type) =>
        type == typeof(bool) || type == typeof(char) ? [$"is a view of {IlNames.Of(type)}"]
        : Refusal(type) is { } reason ? [$"is a view of {IlNames.Of(type)}, {reason}"]
        : type.IsPrimitive || type.IsEnum || type.Assembly == typeof(ILGPU.Context).Assembly ? []
        : type.GetFields(Fields).SelectMany(field => Element(field.FieldType));

    private static bool IsView(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() is var open && (open == typeof(ILGPU.ArrayView<>) || open == typeof(ILGPU.Runtime.ArrayView1D<,>));

    private static bool Invisible(Type type) => type.IsNestedPrivate || (type.DeclaringType is { } outer && Invisible(outer));
}
