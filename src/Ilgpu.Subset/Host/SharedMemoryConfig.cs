using System.Runtime.CompilerServices;

namespace ILGPU;

/// <summary>The dynamic shared memory of a launch, per group.</summary>
public readonly struct SharedMemoryConfig(int numElements, int elementSize)
{
    public static readonly SharedMemoryConfig Empty = new(0, 1);

    public int NumElements { get; } = numElements;

    public int ElementSize { get; } = elementSize;

    internal long Bytes => (long)NumElements * ElementSize;

    public static SharedMemoryConfig RequestDynamic<T>(int numElements)
        where T : unmanaged =>
        new(numElements, Unsafe.SizeOf<T>());
}
