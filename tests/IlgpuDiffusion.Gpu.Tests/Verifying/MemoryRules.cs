using System.Reflection;
using System.Reflection.Emit;
using ILGPU;
using ILGPU.Il;

namespace IlgpuDiffusion.Gpu.Tests.Verifying;

/// <summary>What kernels may do with shared and local memory: sizes are constants, and dynamic memory is got at one place.</summary>
internal static class MemoryRules
{
    /// <summary>Whether a call gets the launch's dynamic shared memory.</summary>
    public static bool GetsDynamic(MethodBase target) => target.DeclaringType == typeof(SharedMemory) && target.Name == nameof(SharedMemory.GetDynamic);

    /// <summary>Why the size of an allocation is not known when the kernel is compiled, or null; also of calls that allocate nothing.</summary>
    public static string? Size(MethodBase method, IlInstruction call, MethodBase target)
    {
        if ((target.DeclaringType != typeof(SharedMemory) && target.DeclaringType != typeof(LocalMemory)) || target.GetParameters().Length == 0)
        {
            return null;
        }

        IlInstruction[] code = [.. IlReader.Read(method)];
        return Constant(method, code, Array.FindIndex(code, at => at.Offset == call.Offset) - 1, []) is { } reason ? $"allocates memory of a size that {reason}; make it a constant, or a static abstract property of a type argument" : null;
    }

    // Goes backwards over what leaves one number on the stack: constants, properties that are constants, arithmetic, variables that are set once.
    private static string? Constant(MethodBase method, IlInstruction[] code, int last, HashSet<object> open)
    {
        int wanted = 1;
        for (int i = last; wanted > 0; i--)
        {
            if (i < 0)
            {
                return "is computed in a way that is not followed";
            }

            (string? reason, int balance) = Step(method, code, i, open);
            if (reason is not null)
            {
                return reason;
            }

            wanted += balance;
        }

        return null;
    }

    // How many more numbers are looked for before an instruction than behind it.
    private static (string? Reason, int Balance) Step(MethodBase method, IlInstruction[] code, int at, HashSet<object> open)
    {
        IlInstruction instruction = code[at];
        string name = instruction.Code.Name!;
        if (name.StartsWith("ldc.i4", StringComparison.Ordinal) || name == "sizeof")
        {
            return (null, -1);
        }

        if (name is "add" or "sub" or "mul" or "div" or "rem" or "shl" or "shr" or "and" or "or")
        {
            return (null, 1);
        }

        if (name.StartsWith("conv", StringComparison.Ordinal) || name is "nop" or "constrained." or "neg")
        {
            return (null, 0);
        }

        if (name.StartsWith("ldarg", StringComparison.Ordinal))
        {
            return ("comes from a parameter", 0);
        }

        return name.StartsWith("ldloc", StringComparison.Ordinal) ? (Variable(method, code, instruction, open), -1)
            : instruction.Code == OpCodes.Call && instruction.Operand is MethodInfo ? (Property(method, instruction, open), -1)
            : ($"comes from {instruction}", 0);
    }

    private static string? Variable(MethodBase method, IlInstruction[] code, IlInstruction load, HashSet<object> open)
    {
        int variable = Index(load);
        int[] sets = [.. Enumerable.Range(0, code.Length).Where(i => code[i].Code.Name!.StartsWith("stloc", StringComparison.Ordinal) && Index(code[i]) == variable)];
        return sets.Length != 1 || !open.Add((method, variable)) ? "comes from a variable that changes" : Constant(method, code, sets[0] - 1, open);
    }

    private static string? Property(MethodBase method, IlInstruction call, HashSet<object> open)
    {
        MethodBase target = IlCalls.In(method).First(found => found.Instruction.Offset == call.Offset).Target;
        if (!target.IsStatic || target.GetParameters().Length > 0 || target.DeclaringType!.Assembly == typeof(SharedMemory).Assembly || !open.Add(target))
        {
            return $"comes from {call}";
        }

        IlInstruction[] code = [.. IlReader.Read(target)];
        bool straight = code.Length > 0 && code[^1].Code == OpCodes.Ret && code.All(at => at.Code.FlowControl is FlowControl.Next or FlowControl.Call or FlowControl.Return or FlowControl.Meta);
        return straight ? Constant(target, code, code.Length - 2, open) : $"comes from {call}";
    }

    private static int Index(IlInstruction variable) => variable.Operand as int? ?? variable.Code.Name![^1] - '0';
}
