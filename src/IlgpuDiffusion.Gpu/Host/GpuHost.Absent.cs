using ILGPU;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuHost
{
    private nint? _absent;

    /// <summary>Stands for an operand that a kernel has and does not read; to be asked for when a launch is bound, and its view when it starts.</summary>
    public nint Absent => _absent ??= Allocate(Alignment.Bytes);

    /// <summary>The view of it.</summary>
    public ArrayView<T> Nothing<T>()
        where T : unmanaged => View<T>(Absent, 1);
}
