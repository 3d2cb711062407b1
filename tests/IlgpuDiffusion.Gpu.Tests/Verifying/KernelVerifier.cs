using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using ILGPU.IR.Intrinsics;
using ILGPU.Il;

namespace IlgpuDiffusion.Gpu.Tests.Verifying;

/// <summary>Walks the code of a kernel and of all it calls, and finds what ILGPU's compiler refuses or a GPU would do badly.</summary>
internal sealed class KernelVerifier
{
    private static readonly OpCode[] Casts = [OpCodes.Box, OpCodes.Unbox, OpCodes.Unbox_Any, OpCodes.Castclass, OpCodes.Isinst];
    private static readonly OpCode[] Pointers = [OpCodes.Ldftn, OpCodes.Ldvirtftn, OpCodes.Calli];
    private readonly string _kernel;
    private readonly bool _portable;
    private readonly List<string> _wrong = [];
    private readonly HashSet<MethodBase> _seen = [];
    private readonly HashSet<MethodBase> _open = [];

    // At how many places a method, with all it calls, gets dynamic shared memory.
    private readonly Dictionary<MethodBase, int> _dynamic = [];

    private KernelVerifier(MethodInfo kernel, bool portable)
    {
        _kernel = IlNames.Of(kernel);
        _portable = portable;
    }

    /// <summary>What is wrong with a kernel, a line each: kernel, method, instruction, reason.</summary>
    /// <param name="kernel">The entry, with its type arguments.</param>
    /// <param name="portable">Whether it never runs on CUDA.</param>
    public static IReadOnlyList<string> Check(MethodInfo kernel, bool portable = false)
    {
        KernelVerifier verifier = new(kernel, portable);
        verifier._wrong.AddRange(Signature.Check(kernel).Select(reason => $"{verifier._kernel}: {reason}"));
        verifier.Walk(kernel);
        if (verifier._dynamic.GetValueOrDefault(kernel) > 1)
        {
            verifier._wrong.Add($"{verifier._kernel}: gets dynamic shared memory at more than one place: the same memory on CUDA, other memory on ILGPU's CPU accelerator; get it once and pass it on");
        }

        return verifier._wrong;
    }

    private void Walk(MethodBase method)
    {
        if (!_seen.Add(method))
        {
            return;
        }

        _open.Add(method);
        MethodBody? body = method.GetMethodBody();
        if (body is null)
        {
            Wrong(method, null, "has no body");
        }
        else
        {
            Body(method, body);
        }

        _open.Remove(method);
    }

    private void Body(MethodBase method, MethodBody body)
    {
        if (body.ExceptionHandlingClauses.Count > 0)
        {
            Wrong(method, null, "has a try block");
        }

        foreach (LocalVariableInfo local in body.LocalVariables)
        {
            if (Signature.Refusal(local.LocalType) is { } reason)
            {
                Wrong(method, null, $"has a variable of {IlNames.Of(local.LocalType)}, {reason}");
            }
        }

        foreach (IlInstruction instruction in IlReader.Read(method))
        {
            if (Refusal(instruction) is { } reason)
            {
                Wrong(method, instruction, reason);
            }
        }

        foreach ((IlInstruction instruction, MethodBase target, bool constrained) in IlCalls.In(method))
        {
            if (instruction.Code != OpCodes.Ldftn && instruction.Code != OpCodes.Ldvirtftn && instruction.Code != OpCodes.Ldtoken)
            {
                Call(method, instruction, target, constrained);
                _dynamic[method] = _dynamic.GetValueOrDefault(method) + (MemoryRules.GetsDynamic(target) ? 1 : _dynamic.GetValueOrDefault(target));
                if (MemoryRules.Size(method, instruction, target) is { } reason)
                {
                    Wrong(method, instruction, reason);
                }
            }
        }
    }

    private static string? Refusal(IlInstruction instruction)
    {
        OpCode code = instruction.Code;
        return code == OpCodes.Throw || code == OpCodes.Rethrow ? "throws"
            : code == OpCodes.Newarr ? "allocates an array; use LocalMemory"
            : code == OpCodes.Ldstr ? "has a string"
            : code == OpCodes.Localloc ? "allocates on the stack; use LocalMemory"
            : code == OpCodes.Ldtoken ? "has a type or table as a value"
            : Casts.Contains(code) ? "boxes or casts an object"
            : Pointers.Contains(code) ? "has a delegate or function pointer"
            : code == OpCodes.Stsfld || code == OpCodes.Ldsflda ? "changes a static field"
            : code == OpCodes.Ldsfld ? StaticField((FieldInfo)instruction.Operand!)
            : null;
    }

    private static string? StaticField(FieldInfo field) =>
        !field.IsInitOnly ? "reads a static field that may change" : field.FieldType.IsValueType ? null : "reads a static object";

    private void Call(MethodBase method, IlInstruction instruction, MethodBase target, bool constrained)
    {
        Type type = target.DeclaringType!;
        if (target.IsDefined(typeof(IntrinsicImplementationAttribute)))
        {
            return;
        }

        if (instruction.Code == OpCodes.Newobj && !type.IsValueType)
        {
            Wrong(method, instruction, "allocates an object");
        }
        else if (_open.Contains(target))
        {
            Wrong(method, instruction, "calls itself");
        }
        else if (type.IsInterface || (!type.IsValueType && !target.IsStatic))
        {
            Wrong(method, instruction, constrained && type.IsInterface ? "calls a method that is not known from the type" : "calls a method of an object");
        }
        else if (Signature.Refusal(type) is { } reason)
        {
            Wrong(method, instruction, $"uses {IlNames.Of(type)}, {reason}");
        }
        else if (!IsOurs(type))
        {
            if (Library.Refusal(target, _portable) is { } refusal)
            {
                Wrong(method, instruction, refusal);
            }
        }
        else
        {
            Walk(target);
        }
    }

    // A tuple's constructor and fields are plain code too.
    private static bool IsOurs(Type type) =>
        (type.Assembly != typeof(object).Assembly && type.Assembly != typeof(ILGPU.Context).Assembly) || type.IsAssignableTo(typeof(ITuple));

    private void Wrong(MethodBase method, IlInstruction? instruction, string reason) =>
        _wrong.Add($"{_kernel}: {IlNames.Of(method)}{(instruction is { } at ? $" at {at}" : "")}: {reason}");
}
