using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>Rows of elements copied from one operand into a part of the last.</summary>
/// <param name="Place">The operand.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Count">Elements of a row.</param>
/// <param name="From">Elements from one row to the next in the source.</param>
/// <param name="To">Elements from one row to the next in the result.</param>
/// <param name="Start">Elements in front of the part.</param>
internal readonly record struct RowPart(int Place, int Rows, long Count, int From, int To, long Start);

/// <summary>Copies rows of any element type: what lays tensors end to end. Parts without gaps are copied as blocks.</summary>
internal sealed class RowCopy : GpuLaunch
{
    private readonly RowPart[] _parts;
    private readonly RowCopyParameters[] _parameters;
    private readonly int _output;
    private readonly int _size;
    private readonly Action<AcceleratorStream, KernelConfig, RowCopyParameters, ArrayView<byte>, ArrayView<byte>> _bytes;
    private readonly Action<AcceleratorStream, KernelConfig, RowCopyParameters, ArrayView<ushort>, ArrayView<ushort>> _shorts;
    private readonly Action<AcceleratorStream, KernelConfig, RowCopyParameters, ArrayView<uint>, ArrayView<uint>> _words;
    private readonly Action<AcceleratorStream, KernelConfig, RowCopyParameters, ArrayView<ulong>, ArrayView<ulong>> _longs;

    /// <summary>For the parts of the last place, with elements of <paramref name="size"/> bytes.</summary>
    public RowCopy(GpuHost host, Place[] places, string path, int size, RowPart[] parts)
        : base(host, places, path)
    {
        (_output, _size) = (places.Length - 1, size);
        _parts = Array.ConvertAll(parts, Join);
        _parameters = Array.ConvertAll(_parts, part => part.Rows == 1 ? default : RowCopyParameters.Of(part.Rows, (int)part.Count, part.From, part.To, host.Grain));
        _bytes = host.Load<RowCopyParameters, ArrayView<byte>, ArrayView<byte>>(RowCopyKernel.Run);
        _shorts = host.Load<RowCopyParameters, ArrayView<ushort>, ArrayView<ushort>>(RowCopyKernel.Run);
        _words = host.Load<RowCopyParameters, ArrayView<uint>, ArrayView<uint>>(RowCopyKernel.Run);
        _longs = host.Load<RowCopyParameters, ArrayView<ulong>, ArrayView<ulong>>(RowCopyKernel.Run);
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        for (int i = 0; i < _parts.Length; i++)
        {
            RowPart part = _parts[i];
            nint from = Address(part.Place), to = Address(_output) + (nint)(part.Start * _size);
            if (part.Rows == 1)
            {
                Host.Copy(from, to, part.Count * _size);
                continue;
            }

            switch (_size)
            {
                case 1:
                    Queue(_bytes, i, from, to);
                    break;
                case 2:
                    Queue(_shorts, i, from, to);
                    break;
                case 4:
                    Queue(_words, i, from, to);
                    break;
                default:
                    Queue(_longs, i, from, to);
                    break;
            }
        }
    }

    private static RowPart Join(RowPart part) =>
        part.From == part.Count && part.To == part.Count ? part with { Rows = 1, Count = part.Count * part.Rows } : part;

    private void Queue<T>(Action<AcceleratorStream, KernelConfig, RowCopyParameters, ArrayView<T>, ArrayView<T>> kernel, int part, nint from, nint to)
        where T : unmanaged
    {
        RowCopyParameters p = _parameters[part];
        long last = p.Rows - 1;
        kernel(Host.Stream, Host.Items(p.Items), p, Host.View<T>(from, (last * p.From) + p.Count), Host.View<T>(to, (last * p.To) + p.Count));
    }
}
