using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing;

/// <summary>Numbers in the types that activations are stored in.</summary>
internal static class StorageTypes
{
    public static readonly ElementType[] All = [ElementType.F32, ElementType.F16, ElementType.BF16];

    /// <summary>The most that rounding to nearest moves a number, as a share of it: 2⁻ᵖ for p digits; of F32 it is left to the test's own tolerance.</summary>
    public static double HalfStep(ElementType type) => type switch
    {
        ElementType.F16 => Math.ScaleB(1, -11),
        ElementType.BF16 => Math.ScaleB(1, -8),
        _ => 0,
    };

    /// <summary>The number nearest to another in a type; F32 leaves it as it is.</summary>
    public static double Round(double value, ElementType type) => type switch
    {
        ElementType.F16 => (double)(Half)value,
        ElementType.BF16 => Widen(Narrow((float)value)),
        _ => value,
    };

    /// <summary>Rounds an operand to a type.</summary>
    public static Operand As(this Operand operand, ElementType type)
    {
        float[] values = Floats(operand.Data, operand.Type.Type);
        byte[] data = type switch
        {
            ElementType.F16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, x => (Half)x)).ToArray(),
            ElementType.BF16 => MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(values, Narrow)).ToArray(),
            _ => MemoryMarshal.AsBytes<float>(values).ToArray(),
        };
        return new Operand(operand.Type with { Type = type }, data);
    }

    /// <summary>Rounds an op's activations, and its weight unless they are F32, to a type.</summary>
    public static Operand[] Store(Op op, ElementType type, params Operand[] inputs) =>
        [.. inputs.Select((input, i) => op.Role(i) == OperandRole.Activation || (op.Role(i) == OperandRole.Weight && type != ElementType.F32) ? input.As(type) : input)];

    /// <summary>Elements as numbers.</summary>
    public static float[] Floats(byte[] data, ElementType type) => type switch
    {
        ElementType.F16 => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(data).ToArray(), x => (float)x),
        ElementType.BF16 => Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(data).ToArray(), Widen),
        _ => MemoryMarshal.Cast<byte, float>(data).ToArray(),
    };

    private static float Widen(ushort code) => BitConverter.UInt32BitsToSingle((uint)code << 16);

    private static ushort Narrow(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)(float.IsNaN(value) ? (bits >> 16) | 0x40 : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
}
