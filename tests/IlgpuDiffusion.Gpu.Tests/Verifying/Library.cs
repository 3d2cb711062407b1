using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace IlgpuDiffusion.Gpu.Tests.Verifying;

/// <summary>What kernels may call that has no code of this project: the part of ILGPU for devices, and what ILGPU knows of the class library.</summary>
internal static class Library
{
    private static readonly HashSet<string> Ilgpu =
    [
        "Grid", "Group", "Warp", "SharedMemory", "LocalMemory", "Atomic", "MemoryFence", "Interop", "Half", "Index1D", "Index2D", "Index3D",
        "LongIndex1D", "ArrayView`1", "ArrayView1D`2", "ArrayViewExtensions", "SpecializedValue`1",
    ];

    private static readonly Dictionary<Type, HashSet<string>> Everywhere = new()
    {
        [typeof(Math)] = ["Min", "Max", "Abs", "Sqrt", "Floor", "Sign", "BigMul"],
        [typeof(MathF)] = ["Min", "Max", "Abs", "Sqrt", "Floor", "Ceiling", "CopySign"],
        [typeof(float)] = ["Min", "Max", "IsNaN", "IsInfinity", "IsFinite"],
        [typeof(int)] = ["Min", "Max"],
        [typeof(BitOperations)] = ["PopCount", "LeadingZeroCount", "TrailingZeroCount", "RotateLeft", "RotateRight"],
        [typeof(BitConverter)] = ["Int32BitsToSingle", "SingleToInt32Bits"],
        [typeof(Unsafe)] = ["As"],
    };

    // On CUDA ILGPU has these not at all, or to few digits.
    private static readonly Dictionary<Type, HashSet<string>> Portable = new()
    {
        [typeof(MathF)] = ["Exp", "Log", "Log2", "Pow", "Sin", "Cos", "Tanh", "Round"],
    };

    /// <summary>Why a method is not to be called, or null.</summary>
    public static string? Refusal(MethodBase method, bool portable)
    {
        Type type = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericTypeDefinition() : method.DeclaringType;
        if (type.Assembly == typeof(ILGPU.Context).Assembly)
        {
            return Ilgpu.Contains(type.Name) ? null : "calls ILGPU's host side";
        }

        if (IsOperator(method, type) || Has(Everywhere) || (portable && Has(Portable)))
        {
            return null;
        }

        return Has(Portable) ? "calls what ILGPU does not have exactly on CUDA" : "calls what ILGPU does not compile";

        bool Has(Dictionary<Type, HashSet<string>> known) => known.TryGetValue(type, out HashSet<string>? names) && names.Contains(method.Name);
    }

    // float's side of INumber<float>.
    private static bool IsOperator(MethodBase method, Type type) =>
        type.IsPrimitive && (method.Name.Contains(".op_", StringComparison.Ordinal) || method.Name.EndsWith(".get_One", StringComparison.Ordinal) || method.Name.EndsWith(".get_Zero", StringComparison.Ordinal));
}
