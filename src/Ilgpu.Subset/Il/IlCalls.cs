using System.Reflection;
using System.Reflection.Emit;

namespace ILGPU.Il;

/// <summary>Finds the methods that a method calls, with calls through a constrained type parameter resolved.</summary>
internal static class IlCalls
{
    /// <summary>Calls of a body in their order, each with its target; of a call that stays virtual the target is the declared method.</summary>
    public static IEnumerable<(IlInstruction Instruction, MethodBase Target, bool Constrained)> In(MethodBase method)
    {
        Type? constrained = null;
        foreach (IlInstruction instruction in IlReader.Read(method))
        {
            if (instruction.Code == OpCodes.Constrained)
            {
                constrained = (Type?)instruction.Operand;
            }
            else if (instruction.Operand is MethodBase target)
            {
                yield return (instruction, constrained is null ? target : Resolve(constrained, target), constrained is not null);
                constrained = null;
            }
        }
    }

    /// <summary>What a call to a virtual or static abstract method is on a type that is known.</summary>
    public static MethodBase Resolve(Type type, MethodBase target)
    {
        if (type.IsGenericParameter || type.IsInterface || type.HasElementType || target is not MethodInfo method || method.DeclaringType is not { } declaring)
        {
            return target;
        }

        MethodInfo open = method.IsGenericMethod ? method.GetGenericMethodDefinition() : method;
        MethodInfo? found = declaring.IsInterface ? InterfaceTarget(type, declaring, open) : Override(type, open);
        return found is null ? target : found.IsGenericMethodDefinition ? found.MakeGenericMethod(method.GetGenericArguments()) : found;
    }

    private static MethodInfo? InterfaceTarget(Type type, Type declaring, MethodInfo method)
    {
        InterfaceMapping map = type.GetInterfaceMap(declaring);
        int index = Array.FindIndex(map.InterfaceMethods, candidate => candidate.MetadataToken == method.MetadataToken && candidate.Module == method.Module);
        return index < 0 ? null : map.TargetMethods[index];
    }

    private static MethodInfo? Override(Type type, MethodInfo method) =>
        Array.Find(type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic), candidate => candidate.GetBaseDefinition() == method.GetBaseDefinition());
}
