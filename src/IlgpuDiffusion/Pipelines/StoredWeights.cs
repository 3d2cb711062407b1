using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Pipelines;

/// <summary>A component's weights as a device loads them: each tensor is checked for values that are no numbers when it is first read.</summary>
internal sealed unsafe class StoredWeights(WeightStore store) : IWeightSource
{
    private readonly HashSet<string> _checked = [];

    public string Identity => store.Source;

    public WeightView Read(string name)
    {
        WeightTensor tensor = store.Get(name);
        if (_checked.Add(name))
        {
            tensor.ThrowIfNotFinite();
        }

        return new WeightView((nint)tensor.Data, tensor.Bytes, tensor.Type);
    }

    public void Release(string name) => store.Release(store.Get(name));
}
