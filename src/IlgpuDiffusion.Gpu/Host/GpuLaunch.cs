using ILGPU;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>One or more kernels with their operands; running it queues them and allocates nothing.</summary>
/// <param name="host">The device.</param>
/// <param name="places">The operands.</param>
/// <param name="path">The layer.</param>
internal abstract class GpuLaunch(GpuHost host, Place[] places, string path) : Launch(path)
{
    private readonly nint[] _addresses = new nint[places.Length];

    /// <summary>The device.</summary>
    protected GpuHost Host => host;

    /// <summary>How many operands there are, result and scratch included.</summary>
    protected int Places => places.Length;

    /// <inheritdoc/>
    public sealed override void Run(in Bases bases, CancellationToken cancellation)
    {
        for (int i = 0; i < places.Length; i++)
        {
            _addresses[i] = bases.Address(places[i]);
        }

        try
        {
            host.Launching(Path);
            Start();
        }
        catch (Exception e) when (GpuHost.IsFault(e))
        {
            throw host.Failed(e, GpuHost.Layer(Path));
        }
    }

    /// <summary>Queues the kernels.</summary>
    protected abstract void Start();

    /// <summary>Elements of an operand in this run: its first <paramref name="count"/>, gaps between grid points included.</summary>
    protected ArrayView<T> View<T>(int operand, long count)
        where T : unmanaged => host.View<T>(_addresses[operand], count);

    /// <summary>A single-precision operand of a shape in this run, from its first element to its last.</summary>
    protected ArrayView<float> Floats(int operand, in Shape shape) => View<float>(operand, Extent(operand, shape));

    /// <summary>Elements from an operand's first to its last, gaps between grid points included.</summary>
    protected long Extent(int operand, in Shape shape) => ((long)(shape.Rows - 1) * places[operand].RowStride) + shape.Channels;

    /// <summary>Where an operand lies in this run.</summary>
    protected nint Address(int operand) => _addresses[operand];

    /// <summary>Elements from one grid point of an operand to the next.</summary>
    protected int Stride(int operand) => places[operand].RowStride;
}
