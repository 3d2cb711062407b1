using System.Reflection.Emit;

namespace ILGPU.Il;

/// <summary>One instruction of a method: its place, code and operand (a member, type, number, string, or nothing).</summary>
internal readonly record struct IlInstruction(int Offset, OpCode Code, object? Operand)
{
    public override string ToString() => $"IL_{Offset:x4} {Code.Name}{(Operand is null ? "" : $" {IlNames.Of(Operand)}")}";
}
