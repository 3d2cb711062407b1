using System.Reflection;

namespace IlgpuDiffusion.Gpu.Tests;

/// <summary>The public surface of an assembly as lines of text, one a member.</summary>
internal static class Surface
{
    private const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static;

    /// <summary>Types and members that are declared; of the base classes' too where asked for.</summary>
    public static IEnumerable<string> Of(IEnumerable<Type> types, bool inherited) =>
        types.SelectMany(type => Members(type, inherited).Select(member => $"{type.Namespace}.{Name(type)}: {member}")).Distinct();

    private static IEnumerable<string> Members(Type type, bool inherited)
    {
        if (type.IsEnum)
        {
            return Enum.GetNames(type).Select(name => $"{name} = {Convert.ToInt64(Enum.Parse(type, name), null)}");
        }

        string kind = type.IsInterface ? "interface" : type.IsValueType ? "struct" : "class";
        BindingFlags flags = Public | (inherited ? BindingFlags.FlattenHierarchy : BindingFlags.DeclaredOnly);
        return type.GetMembers(flags).Select(Text).OfType<string>().Prepend($"{kind}{Constraints(type.GetGenericArguments())}");
    }

    private static string? Text(MemberInfo member) => member switch
    {
        FieldInfo { IsLiteral: false } field => $"{Static(field.IsStatic)}{Name(field.FieldType)} {field.Name}",
        PropertyInfo { GetMethod: { IsPublic: true } get } property => $"{Static(get.IsStatic)}{Name(property.PropertyType)} {property.Name}{Indices(property)} {{ get; }}",
        ConstructorInfo { IsStatic: false } constructor => $"new({Parameters(constructor)})",
        MethodInfo method when IsOwn(method) => $"{Static(method.IsStatic)}{Name(method.ReturnType)} {method.Name}{Arguments(method)}({Parameters(method)}){Constraints(method.GetGenericArguments())}",
        _ => null,
    };

    private static bool IsOwn(MethodInfo method) =>
        (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal)) && method.Name is not ("ToString" or "Equals" or "GetHashCode" or "GetType" or "Finalize");

    private static string Static(bool isStatic) => isStatic ? "static " : "";

    private static string Arguments(MethodInfo method) => method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";

    private static string Indices(PropertyInfo property) => property.GetIndexParameters() is { Length: > 0 } indices ? $"[{string.Join(", ", indices.Select(Parameter))}]" : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(Parameter));

    private static string Parameter(ParameterInfo parameter) => parameter.ParameterType.IsByRef
        ? $"{(parameter.IsIn ? "in" : parameter.IsOut ? "out" : "ref")} {Name(parameter.ParameterType.GetElementType()!)}"
        : Name(parameter.ParameterType);

    private static string Constraints(Type[] arguments) => string.Concat(arguments.Where(argument => argument.IsGenericParameter).Select(Constraint));

    private static string Constraint(Type argument)
    {
        GenericParameterAttributes attributes = argument.GenericParameterAttributes;
        List<string> parts = [];
        if (argument.CustomAttributes.Any(data => data.AttributeType.Name == "IsUnmanagedAttribute"))
        {
            parts.Add("unmanaged");
        }
        else if (attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint))
        {
            parts.Add("struct");
        }

        parts.AddRange(argument.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(Name).Order(StringComparer.Ordinal));
        return parts.Count == 0 ? "" : $" where {argument.Name} : {string.Join(", ", parts)}";
    }

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return $"ref {Name(type.GetElementType()!)}";
        }

        if (type.IsArray)
        {
            return $"{Name(type.GetElementType()!)}[]";
        }

        string name = (type.DeclaringType is { } outer && !type.IsGenericParameter ? $"{outer.Name.Split('`')[0]}." : "") + type.Name.Split('`')[0];
        return type.IsGenericType ? $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }
}
