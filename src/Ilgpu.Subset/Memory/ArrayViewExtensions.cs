using ILGPU.Running;

namespace ILGPU.Runtime;

/// <summary>Copies between host and device, and what else is done to views. All of it has happened on return.</summary>
public static unsafe class ArrayViewExtensions
{
    public static MemoryBuffer1D<T, Stride1D.Dense> Allocate1D<T>(this Accelerator accelerator, T[] data)
        where T : unmanaged
    {
        MemoryBuffer1D<T, Stride1D.Dense> buffer = accelerator.Allocate1D<T>(data.LongLength);
        buffer.View.CopyFromCPU(accelerator.DefaultStream, data);
        return buffer;
    }

    public static IntPtr LoadEffectiveAddressAsPtr<T>(this ArrayView<T> view)
        where T : unmanaged =>
        (IntPtr)view.Pointer;

    public static ArrayView<T> AsAligned<T>(this ArrayView<T> view, int alignmentInBytes)
        where T : unmanaged
    {
        if ((long)view.Pointer % alignmentInBytes != 0)
        {
            Fault.NotAligned(typeof(T), alignmentInBytes);
        }

        return view;
    }

    public static ArrayView1D<TOther, Stride1D.Dense> Cast<T, TOther>(this ArrayView1D<T, Stride1D.Dense> view)
        where T : unmanaged
        where TOther : unmanaged =>
        view.BaseView.Cast<TOther>();

    public static void MemSetToZero<T>(this ArrayView1D<T, Stride1D.Dense> view, AcceleratorStream stream)
        where T : unmanaged =>
        view.MemSet(stream, 0);

    public static void MemSet<T>(this ArrayView1D<T, Stride1D.Dense> view, AcceleratorStream stream, byte value)
        where T : unmanaged =>
        Copying.Fill(view.BaseView, value);

    public static void CopyTo<T>(this ArrayView1D<T, Stride1D.Dense> source, AcceleratorStream stream, in ArrayView1D<T, Stride1D.Dense> target)
        where T : unmanaged =>
        Copying.Copy(source.BaseView, target.BaseView.SubView(0, source.Length));

    public static void CopyFrom<T>(this ArrayView1D<T, Stride1D.Dense> target, AcceleratorStream stream, in ArrayView1D<T, Stride1D.Dense> source)
        where T : unmanaged =>
        Copying.Copy(source.BaseView.SubView(0, target.Length), target.BaseView);

    public static void CopyFromCPU<T>(this ArrayView1D<T, Stride1D.Dense> view, T[] data)
        where T : unmanaged =>
        Copying.FromHost(view.BaseView, data);

    public static void CopyFromCPU<T>(this ArrayView1D<T, Stride1D.Dense> view, AcceleratorStream stream, T[] data)
        where T : unmanaged =>
        Copying.FromHost(view.BaseView, data);

    public static void CopyFromCPU<T>(this ArrayView1D<T, Stride1D.Dense> target, AcceleratorStream stream, in ReadOnlySpan<T> span)
        where T : unmanaged =>
        Copying.FromHost(target.BaseView, span);

    public static void CopyFromCPU<T>(this ArrayView1D<T, Stride1D.Dense> target, AcceleratorStream stream, ref T cpuData, long length)
        where T : unmanaged =>
        Copying.FromHost(target.BaseView, ref cpuData, length);

    public static void CopyToCPU<T>(this ArrayView1D<T, Stride1D.Dense> view, T[] data)
        where T : unmanaged =>
        Copying.ToHost(view.BaseView, data);

    public static void CopyToCPU<T>(this ArrayView1D<T, Stride1D.Dense> view, AcceleratorStream stream, T[] data)
        where T : unmanaged =>
        Copying.ToHost(view.BaseView, data);

    public static void CopyToCPU<T>(this ArrayView1D<T, Stride1D.Dense> source, AcceleratorStream stream, in Span<T> span)
        where T : unmanaged =>
        Copying.ToHost(source.BaseView, span);

    public static void CopyToCPU<T>(this ArrayView1D<T, Stride1D.Dense> source, AcceleratorStream stream, ref T cpuData, long length)
        where T : unmanaged =>
        Copying.ToHost(source.BaseView, ref cpuData, length);

    public static void CopyFromCPU<T>(this MemoryBuffer<ArrayView1D<T, Stride1D.Dense>> buffer, T[] data)
        where T : unmanaged =>
        Copying.FromHost(buffer.View.BaseView, data);

    public static void CopyToCPU<T>(this MemoryBuffer<ArrayView1D<T, Stride1D.Dense>> buffer, T[] data)
        where T : unmanaged =>
        Copying.ToHost(buffer.View.BaseView, data);

    public static T[] GetAsArray1D<T>(this ArrayView1D<T, Stride1D.Dense> view)
        where T : unmanaged
    {
        T[] data = new T[view.Length];
        Copying.ToHost(view.BaseView, data);
        return data;
    }

    public static T[] GetAsArray1D<T>(this MemoryBuffer<ArrayView1D<T, Stride1D.Dense>> buffer)
        where T : unmanaged =>
        buffer.View.GetAsArray1D();
}
