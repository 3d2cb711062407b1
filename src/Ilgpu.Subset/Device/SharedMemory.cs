using ILGPU.Running;

namespace ILGPU;

/// <summary>Memory of a group, filled with NaN patterns. Every item must allocate the same, in the same order, and get dynamic memory once.</summary>
public static class SharedMemory
{
    public static ArrayView<T> Allocate<T>(int extent)
        where T : unmanaged =>
        Item.Current.AllocateShared<T>(extent);

    public static ArrayView<T> GetDynamic<T>()
        where T : unmanaged =>
        Item.Current.DynamicShared<T>();
}
