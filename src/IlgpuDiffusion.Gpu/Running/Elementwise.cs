using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Kernels;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>Prepares one function of all elements of broadcast operands.</summary>
internal static class Elementwise
{
    /// <summary>The kernel; the result is the last place.</summary>
    /// <param name="host">The device.</param>
    /// <param name="result">The result's shape.</param>
    /// <param name="work">What it does.</param>
    /// <param name="operands">The arguments.</param>
    /// <param name="p">The function's first constant.</param>
    /// <param name="q">Its second constant.</param>
    public static Prepared Prepare<TMap>(GpuHost host, Shape result, Work work, ReadOnlySpan<LineOperand> operands, float p = 0, float q = 0)
        where TMap : struct, IElementMap
    {
        LineOperand[] all = operands.ToArray();
        return new GpuPrepared(work, (places, path) => new ElementLaunch<TMap>(host, places, path, result, all, p, q));
    }
}

/// <summary>A launch of an elementwise function.</summary>
internal sealed class ElementLaunch<TMap> : GpuLaunch
    where TMap : struct, IElementMap
{
    private readonly LineOperand[] _operands;
    private readonly Shape _result;
    private readonly int _output;
    private readonly Action<AcceleratorStream, KernelConfig, ElementParameters, ArrayView<float>, ArrayView<float>>? _run1;
    private readonly Action<AcceleratorStream, KernelConfig, ElementParameters, ArrayView<float>, ArrayView<float>, ArrayView<float>>? _run2;
    private readonly Action<AcceleratorStream, KernelConfig, ElementParameters, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>? _run3;
    private readonly Action<AcceleratorStream, KernelConfig, ElementParameters, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>? _run5;
    private readonly ElementParameters _parameters;

    public ElementLaunch(GpuHost host, Place[] places, string path, Shape result, LineOperand[] operands, float p, float q)
        : base(host, places, path)
    {
        (_operands, _result, _output) = (operands, result, places.Length - 1);
        (Shape, int, int)[] shapes = [.. operands.Select(o => (o.Shape, places[o.Place].RowStride, o.Offset)), (result, places[^1].RowStride, 0)];
        Steps[] steps = new Steps[shapes.Length];
        _parameters = new ElementParameters { Walk = Lines.Of(result, shapes, host.Grain, steps), P = p, Q = q, Y = steps[^1], A = steps[0] };
        switch (TMap.Arity)
        {
            case 1:
                _run1 = host.Load<ElementParameters, ArrayView<float>, ArrayView<float>>(ElementKernel.Run1<TMap>);
                break;
            case 2:
                _parameters.B = steps[1];
                _run2 = host.Load<ElementParameters, ArrayView<float>, ArrayView<float>, ArrayView<float>>(ElementKernel.Run2<TMap>);
                break;
            case 3:
                (_parameters.B, _parameters.C) = (steps[1], steps[2]);
                _run3 = host.Load<ElementParameters, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>(ElementKernel.Run3<TMap>);
                break;
            default:
                (_parameters.B, _parameters.C, _parameters.D, _parameters.E) = (steps[1], steps[2], steps[3], steps[4]);
                _run5 = host.Load<ElementParameters, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>>(ElementKernel.Run5<TMap>);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        KernelConfig config = Host.Items(_parameters.Walk.Items);
        ArrayView<float> y = Floats(_output, _result);
        _run1?.Invoke(Host.Stream, config, _parameters, X(0), y);
        _run2?.Invoke(Host.Stream, config, _parameters, X(0), X(1), y);
        _run3?.Invoke(Host.Stream, config, _parameters, X(0), X(1), X(2), y);
        _run5?.Invoke(Host.Stream, config, _parameters, X(0), X(1), X(2), X(3), X(4), y);
    }

    private ArrayView<float> X(int argument)
    {
        LineOperand operand = _operands[argument];
        return View<float>(operand.Place, operand.Offset + Extent(operand.Place, operand.Shape));
    }
}
