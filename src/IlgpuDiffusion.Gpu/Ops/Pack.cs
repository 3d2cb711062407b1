using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared Pack(Pack op, in Operands operands)
    {
        TensorType weight = operands.Inputs[0];
        if (op.Layout is not TapRows || weight.Type.Size() is not (2 or 4))
        {
            throw new ArgumentException($"This device cannot pack {weight} as {op.Layout}.", nameof(operands));
        }

        return new GpuPrepared(op.Work(operands), (places, path) => weight.Type.Size() == 2
            ? new PackLaunch<ushort>(host, places, path, weight.Shape)
            : new PackLaunch<uint>(host, places, path, weight.Shape));
    }
}

/// <summary>A launch of a packing.</summary>
internal sealed class PackLaunch<TElement>(GpuHost host, Place[] places, string path, Shape weight) : GpuLaunch(host, places, path)
    where TElement : unmanaged
{
    private readonly Action<AcceleratorStream, KernelConfig, int, int, int, ArrayView<TElement>, ArrayView<TElement>> _run =
        host.Load<int, int, int, ArrayView<TElement>, ArrayView<TElement>>(PackKernel.Move);

    /// <inheritdoc/>
    protected override void Start()
    {
        int taps = weight.Width * weight.Channels;
        int runs = ((weight.Height * taps) + PackKernel.Run - 1) / PackKernel.Run;
        _run(Host.Stream, Host.Items(checked(weight.Batch * runs)), weight.Batch, weight.Height, taps, View<TElement>(0, weight.Count), View<TElement>(1, weight.Count));
    }
}
