using ILGPU.Running;

namespace ILGPU;

/// <summary>Memory of one item, filled with NaN patterns.</summary>
public static class LocalMemory
{
    public static ArrayView<T> Allocate<T>(int extent)
        where T : unmanaged =>
        Item.Current.AllocateLocal<T>(extent);
}
