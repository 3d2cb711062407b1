using System.Linq.Expressions;
using System.Reflection;
using ILGPU.Runtime;

namespace ILGPU.Running;

/// <summary>Checks that the views in a kernel's argument lie in memory that has not been freed.</summary>
internal static class Arguments<T>
    where T : struct
{
    private static readonly Action<string, T>? Checks = Build();

    public static void Check(string kernel, T value) => Checks?.Invoke(kernel, value);

    private static Action<string, T>? Build()
    {
        ParameterExpression kernel = Expression.Parameter(typeof(string));
        ParameterExpression value = Expression.Parameter(typeof(T));
        List<Expression> calls = [];
        Collect(value, kernel, calls);
        return calls.Count == 0 ? null : Expression.Lambda<Action<string, T>>(Expression.Block(calls), kernel, value).Compile();
    }

    private static void Collect(Expression value, Expression kernel, List<Expression> calls)
    {
        Type type = value.Type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>))
        {
            Expression source = Expression.Property(value, type.GetProperty("Source", BindingFlags.Instance | BindingFlags.NonPublic)!);
            calls.Add(Expression.Call(typeof(Arguments<T>).GetMethod(nameof(Alive), BindingFlags.Static | BindingFlags.NonPublic)!, kernel, source));
        }
        else if (type.IsValueType && !type.IsPrimitive && !type.IsEnum)
        {
            foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
            {
                Collect(Expression.Field(value, field), kernel, calls);
            }
        }
    }

    private static void Alive(string kernel, MemoryBuffer? source)
    {
        if (source is { IsDisposed: true })
        {
            throw new KernelFaultException($"Kernel {kernel}: an argument of {typeof(T).Name} lies in a buffer that was disposed.");
        }
    }
}
