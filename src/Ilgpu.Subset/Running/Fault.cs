using System.Diagnostics.CodeAnalysis;

namespace ILGPU.Running;

/// <summary>What is thrown where a GPU would silently misbehave, kept out of the accessors so that they inline.</summary>
internal static class Fault
{
    [DoesNotReturn]
    public static void OutOfBounds(long index, long length, Type element) =>
        throw Make($"index {index} is outside of a view of {length} {element.Name}.");

    [DoesNotReturn]
    public static void SubViewOutOfBounds(long index, long count, long length, Type element) =>
        throw Make($"a view of {count} {element.Name} from {index} is outside of one of {length}.");

    [DoesNotReturn]
    public static void Misaligned(Type from, Type to, long alignment) =>
        throw Make($"a view of {from.Name} that does not begin at a multiple of {alignment} bytes is cast to {to.Name}.");

    [DoesNotReturn]
    public static void NotAligned(Type element, int alignment) =>
        throw Make($"a view of {element.Name} is said to begin at a multiple of {alignment} bytes and does not.");

    public static KernelFaultException Make(string message) => new(Item.Where + message);
}
