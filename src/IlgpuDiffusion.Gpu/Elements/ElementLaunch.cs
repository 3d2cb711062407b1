using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of an elementwise function.</summary>
internal sealed class ElementLaunch<TMap, TElement, TFormat> : GpuLaunch
    where TMap : struct, IElementMap
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly LineOperand[] _operands;
    private readonly Shape _result;
    private readonly int _output;
    private readonly Action<AcceleratorStream, KernelConfig, ElementParameters, ArrayView<TElement>, ArrayView<TElement>>? _run1;
    private readonly Action<AcceleratorStream, KernelConfig, ElementParameters, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>>? _run2;
    private readonly Action<AcceleratorStream, KernelConfig, ElementParameters, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>>? _run3;
    private readonly Action<AcceleratorStream, KernelConfig, ElementParameters, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>>? _run5;
    private readonly ElementParameters _parameters;

    public ElementLaunch(GpuHost host, Place[] places, string path, Shape result, LineOperand[] operands, float p, float q)
        : base(host, places, path)
    {
        (_operands, _result, _output) = (operands, result, places.Length - 1);
        LineOperand[] all = [.. operands, new(_output, result)];
        Steps[] steps = new Steps[all.Length];
        _parameters = new ElementParameters { Walk = Lines.Of(result, all, places, host.Grain, steps), P = p, Q = q, Y = steps[^1], A = steps[0] };
        _parameters.Plain = IsPlain(steps) ? 1 : 0;
        switch (TMap.Arity)
        {
            case 1:
                _run1 = host.Load<ElementParameters, ArrayView<TElement>, ArrayView<TElement>>(ElementKernel.Run1<TMap, TElement, TFormat>);
                break;
            case 2:
                _parameters.B = steps[1];
                _run2 = host.Load<ElementParameters, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>>(ElementKernel.Run2<TMap, TElement, TFormat>);
                break;
            case 3:
                (_parameters.B, _parameters.C) = (steps[1], steps[2]);
                _run3 = host.Load<ElementParameters, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>>(ElementKernel.Run3<TMap, TElement, TFormat>);
                break;
            default:
                (_parameters.B, _parameters.C, _parameters.D, _parameters.E) = (steps[1], steps[2], steps[3], steps[4]);
                _run5 = host.Load<ElementParameters, ArrayView<TElement>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<float>, ArrayView<TElement>>(ElementKernel.Run5<TMap, TElement, TFormat>);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        KernelConfig config = Host.Items(_parameters.Walk.Runs.Items);
        ArrayView<TElement> a = X<TElement>(0), y = View<TElement>(_output, Extent(_output, _result));
        _run1?.Invoke(Host.Stream, config, _parameters, a, y);
        _run2?.Invoke(Host.Stream, config, _parameters, a, X<TElement>(1), y);
        _run3?.Invoke(Host.Stream, config, _parameters, a, X<float>(1), X<float>(2), y);
        _run5?.Invoke(Host.Stream, config, _parameters, a, X<float>(1), X<float>(2), X<float>(3), X<float>(4), y);
    }

    private static bool IsPlain(Steps[] steps)
    {
        for (int i = 0; i < steps.Length; i++)
        {
            if (steps[i].Way != (TMap.OfRows && i is (1 or 2) ? Octets.Constant : Octets.Wide))
            {
                return false;
            }
        }

        return true;
    }

    private ArrayView<T> X<T>(int argument)
        where T : unmanaged
    {
        LineOperand operand = _operands[argument];
        return View<T>(operand.Place, operand.Offset + Extent(operand.Place, operand.Shape));
    }
}
