using System.Diagnostics.CodeAnalysis;

namespace IlgpuDiffusion.Graphs;

/// <summary>The type of one tensor element, in memory or in a weight file.</summary>
public enum ElementType
{
    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>The upper half of a binary32.</summary>
    BF16,

    /// <summary>IEEE 754 binary64.</summary>
    F64,

    /// <summary>8-bit float, 4 exponent and 3 mantissa bits, finite only (the "fn" variant: no infinity, NaN at 0x7F and 0xFF).</summary>
    F8E4M3,

    /// <summary>8-bit float, 5 exponent and 2 mantissa bits, with infinities.</summary>
    F8E5M2,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,

    /// <summary>One byte, zero or one.</summary>
    Bool,
}

/// <summary>Sizes and safetensors names of the element types.</summary>
internal static class ElementTypes
{
    private static readonly string[] SafetensorsNames =
    [
        "F32", "F16", "BF16", "F64", "F8_E4M3", "F8_E5M2", "I8", "U8", "I16", "U16", "I32", "U32", "I64", "U64", "BOOL",
    ];

    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.F32 or ElementType.I32 or ElementType.U32 => 4,
        ElementType.F16 or ElementType.BF16 or ElementType.I16 or ElementType.U16 => 2,
        ElementType.F64 or ElementType.I64 or ElementType.U64 => 8,
        ElementType.F8E4M3 or ElementType.F8E5M2 or ElementType.I8 or ElementType.U8 or ElementType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type."),
    };

    /// <summary>Whether the elements are floating-point numbers of any width.</summary>
    public static bool IsFloat(this ElementType type) => type is >= ElementType.F32 and <= ElementType.F8E5M2;

    /// <summary>Whether activations can be stored in it: F32, F16 or BF16.</summary>
    public static bool IsStorage(this ElementType type) => type is ElementType.F32 or ElementType.F16 or ElementType.BF16;

    /// <summary>Whether it is a float of 8 bits; all of their numbers are numbers of F16 too.</summary>
    public static bool IsByteFloat(this ElementType type) => type is ElementType.F8E4M3 or ElementType.F8E5M2;

    /// <summary>The name of a storage type as people write it: <c>f32</c>, <c>f16</c>, <c>bf16</c>.</summary>
    public static string StorageName(this ElementType type) => type switch
    {
        ElementType.F32 => "f32",
        ElementType.F16 => "f16",
        ElementType.BF16 => "bf16",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Activations are stored as F32, F16 or BF16."),
    };

    /// <summary>Finds a storage type by its name, in any case; false if there is none of that name.</summary>
    public static bool TryParseStorage(string? name, out ElementType type)
    {
        ElementType? found = name?.ToUpperInvariant() switch { "F32" => ElementType.F32, "F16" => ElementType.F16, "BF16" => ElementType.BF16, _ => null };
        type = found ?? default;
        return found is not null;
    }

    /// <summary>The name that safetensors headers use, such as <c>BF16</c> or <c>F8_E4M3</c>.</summary>
    public static string SafetensorsName(this ElementType type) =>
        (uint)type < (uint)SafetensorsNames.Length
            ? SafetensorsNames[(int)type]
            : throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown element type.");

    /// <summary>Finds the element type of a safetensors dtype name; false if the name is unknown.</summary>
    public static bool TryParseSafetensors([NotNullWhen(true)] string? name, out ElementType type)
    {
        var index = Array.IndexOf(SafetensorsNames, name);
        type = (ElementType)Math.Max(index, 0);
        return index >= 0;
    }
}
