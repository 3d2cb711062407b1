using System.Reflection;

namespace ILGPU.Il;

/// <summary>Short names of types and members, with their type arguments.</summary>
internal static class IlNames
{
    public static string Of(object value) => value switch
    {
        MethodBase method => $"{(method.DeclaringType is { } type ? $"{Of(type)}." : "")}{method.Name}{(method.IsGenericMethod ? Arguments(method.GetGenericArguments()) : "")}",
        Type type => Of(type),
        FieldInfo field => $"{Of(field.DeclaringType!)}.{field.Name}",
        string text => $"\"{text}\"",
        _ => $"{value}",
    };

    public static string Of(Type type)
    {
        string name = type.Name.Split('`')[0];
        return type.IsGenericType ? name + Arguments(type.GetGenericArguments()) : name;
    }

    private static string Arguments(Type[] types) => $"<{string.Join(", ", types.Select(Of))}>";
}
