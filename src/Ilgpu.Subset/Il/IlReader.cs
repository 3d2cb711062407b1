using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Emit;

namespace ILGPU.Il;

/// <summary>Reads the instructions of a method's body.</summary>
internal static class IlReader
{
    private static readonly Dictionary<ushort, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => (ushort)code.Value);

    public static IEnumerable<IlInstruction> Read(MethodBase method)
    {
        byte[]? il = method.GetMethodBody()?.GetILAsByteArray();
        int at = 0;
        while (il is not null && at < il.Length)
        {
            int offset = at;
            ushort value = il[at++];
            if (value == 0xfe)
            {
                value = (ushort)(0xfe00 | il[at++]);
            }

            OpCode code = Codes[value];
            object? operand = Operand(method, code, il.AsSpan(at), out int size);
            at += size;
            yield return new(offset, code, operand);
        }
    }

    private static object? Operand(MethodBase method, OpCode code, ReadOnlySpan<byte> il, out int size)
    {
        size = code.OperandType switch
        {
            OperandType.InlineNone => 0,
            OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
            OperandType.InlineVar => 2,
            OperandType.InlineI8 or OperandType.InlineR => 8,
            OperandType.InlineSwitch => 4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(il)),
            _ => 4,
        };
        return code.OperandType switch
        {
            OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType => Member(method, BinaryPrimitives.ReadInt32LittleEndian(il)),
            OperandType.ShortInlineVar => (int)il[0],
            OperandType.InlineVar => (int)BinaryPrimitives.ReadUInt16LittleEndian(il),
            OperandType.InlineString => method.Module.ResolveString(BinaryPrimitives.ReadInt32LittleEndian(il)),
            _ => null,
        };
    }

    private static MemberInfo? Member(MethodBase method, int token) =>
        method.Module.ResolveMember(token, method.DeclaringType?.GetGenericArguments(), method.IsGenericMethod ? method.GetGenericArguments() : null);
}
