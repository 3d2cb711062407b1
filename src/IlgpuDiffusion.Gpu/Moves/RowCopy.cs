using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>Rows of elements copied from one operand into a part of the last.</summary>
/// <param name="Place">The operand.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Count">Elements of a row.</param>
/// <param name="From">Elements from one row to the next in the source.</param>
/// <param name="To">Elements from one row to the next in the result.</param>
/// <param name="Start">Elements in front of the part.</param>
internal readonly record struct RowPart(int Place, int Rows, long Count, int From, int To, long Start)
{
    /// <summary>Elements of the source in front of the first row.</summary>
    public long Skipped { get; init; }
}

/// <summary>Copies rows of any element type: what lays tensors end to end. Parts without gaps are copied as blocks, others 16 bytes at a time where they allow it.</summary>
internal sealed class RowCopy : GpuLaunch
{
    private readonly Action[] _parts;

    /// <summary>For the parts of the last place, with elements of <paramref name="size"/> bytes.</summary>
    public RowCopy(GpuHost host, Place[] places, string path, int size, RowPart[] parts)
        : base(host, places, path) =>
        _parts = Array.ConvertAll(parts, part =>
        {
            long from = (long)part.From * size, to = (long)part.To * size, row = part.Count * size, start = part.Start * size, skipped = part.Skipped * size;
            return part.Rows == 1 || (from == row && to == row)
                ? () => Host.Copy(Address(part.Place) + (nint)skipped, Address(places.Length - 1) + (nint)start, row * part.Rows)
                : Unit.Of(places[part.Place].Offset + skipped, places[^1].Offset + start, from, to, row) switch
                {
                    1 => Of<byte>(part, size),
                    2 => Of<ushort>(part, size),
                    4 => Of<uint>(part, size),
                    8 => Of<ulong>(part, size),
                    _ => Of<U4>(part, size),
                };
        });

    /// <inheritdoc/>
    protected override void Start()
    {
        foreach (Action part in _parts)
        {
            part();
        }
    }

    private Action Of<T>(RowPart part, int size)
        where T : unmanaged
    {
        Action<AcceleratorStream, KernelConfig, RowCopyParameters, ArrayView<T>, ArrayView<T>> kernel = Host.Load<RowCopyParameters, ArrayView<T>, ArrayView<T>>(RowCopyKernel.Run);
        int unit = Interop.SizeOf<T>(), output = Places - 1;
        RowCopyParameters p = new() { Runs = LineRuns.Of(part.Rows, Units(part.Count), Math.Max(1, Host.Grain * size / unit), 1), From = Units(part.From), To = Units(part.To) };
        long last = p.Runs.Count - 1;
        return () =>
        {
            ArrayView<T> from = Host.View<T>(Address(part.Place) + (nint)(part.Skipped * size), (last * p.From) + p.Runs.Length);
            ArrayView<T> to = Host.View<T>(Address(output) + (nint)(part.Start * size), (last * p.To) + p.Runs.Length);
            kernel(Host.Stream, Host.Items(p.Runs.Items), p, from, to);
        };

        int Units(long elements) => checked((int)(elements * size / unit));
    }
}
