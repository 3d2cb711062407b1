using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A launch of a weighted sum. Its places are the weights, the terms and the result.</summary>
internal sealed class WeightedSumLaunch<TElement, TFormat> : GpuLaunch
    where TElement : unmanaged
    where TFormat : struct, IElementFormat<TElement>
{
    private readonly Shape _shape;
    private readonly int _terms;
    private readonly WeightedSumParameters _parameters;
    private readonly Action<AcceleratorStream, KernelConfig, WeightedSumParameters, ArrayView<float>, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>> _kernel;

    public WeightedSumLaunch(GpuHost host, Place[] places, string path, Shape shape)
        : base(host, places, path)
    {
        (_shape, _terms) = (shape, places.Length - 2);
        LineOperand[] operands = [.. Enumerable.Range(1, _terms + 1).Select(place => new LineOperand(place, shape))];
        Steps[] steps = new Steps[operands.Length];
        Walk walk = Lines.Of(shape, operands, places, host.Grain, steps);
        Steps Term(int i) => i < _terms ? steps[i] : default;
        _parameters = new WeightedSumParameters { Walk = walk, A = Term(0), B = Term(1), C = Term(2), D = Term(3), E = Term(4), Y = steps[^1], Terms = _terms };
        _kernel = host.Load<WeightedSumParameters, ArrayView<float>, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>, ArrayView<TElement>>(WeightedSumKernel.Run<TElement, TFormat>);
    }

    /// <inheritdoc/>
    protected override void Start() => _kernel(
        Host.Stream, Host.Items(_parameters.Walk.Runs.Items), _parameters, Floats(0, Shape.Vector(_terms)), X(1), X(2), X(3), X(4), X(5), X(_terms + 1));

    private ArrayView<TElement> X(int place)
    {
        int there = place <= _terms ? place : _terms + 1;
        return View<TElement>(there, Extent(there, _shape));
    }
}
