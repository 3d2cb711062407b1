using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Testing;

/// <summary>Weights that no file holds.</summary>
internal static class TestWeights
{
    extension(WeightStore)
    {
        /// <summary>Random weights in native memory, the same for the same seed: norm weights near 1, biases near 0, matrices scaled to keep the variance.</summary>
        public static WeightStore Synthetic(IEnumerable<(string Name, long[] Shape)> shapes, ElementType type, ulong seed = 0)
        {
            const string Source = "synthetic weights";
            SyntheticWeights memory = SyntheticWeights.Create(shapes, type, seed, Source);
            return WeightStore.Of(Source, memory.Tensors, memory);
        }

        /// <summary>Names and shapes with no data behind them, enough to build and plan a graph.</summary>
        public static unsafe WeightStore ShapesOnly(IEnumerable<(string Name, long[] Shape)> shapes, ElementType type)
        {
            const string Source = "shapes alone";
            return WeightStore.Of(Source, [.. shapes.Select(tensor => new WeightTensor(tensor.Name, type, tensor.Shape, null, Source))]);
        }
    }
}
