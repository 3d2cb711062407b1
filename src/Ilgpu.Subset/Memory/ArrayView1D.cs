namespace ILGPU.Runtime;

/// <summary>A view with a stride; here always a dense one.</summary>
public readonly struct ArrayView1D<T, TStride> : IArrayView
    where T : unmanaged
    where TStride : struct, IStride1D
{
    internal ArrayView1D(ArrayView<T> baseView)
    {
        BaseView = baseView;
    }

    public ArrayView<T> BaseView { get; }

    public bool IsValid => BaseView.IsValid;

    public long Length => BaseView.Length;

    public int IntLength => BaseView.IntLength;

    public long LengthInBytes => BaseView.LengthInBytes;

    public ref T this[Index1D index] => ref BaseView[index.X];

    public ref T this[LongIndex1D index] => ref BaseView[index.X];

    public ArrayView1D<T, TStride> SubView(LongIndex1D index, LongIndex1D extent) => new(BaseView.SubView(index.X, extent.X));

    public ArrayView<T> AsContiguous() => BaseView;

    public override string ToString() => BaseView.ToString();
}
