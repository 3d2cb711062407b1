using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Tests.Models;

/// <summary>Runs parts of a graph once on a device.</summary>
internal static class ModelRunner
{
    /// <summary>The outputs' values, [B, H, W, C]; a graph without weights needs none.</summary>
    public static float[][] Run(Device device, WeightStore? weights, IReadOnlyList<Value> outputs, params (string Name, Array Data)[] inputs) =>
        Run(device, weights, outputs, ElementType.F32, inputs);

    /// <summary>The same with activations stored in a type.</summary>
    public static float[][] Run(Device device, WeightStore? weights, IReadOnlyList<Value> outputs, ElementType type, params (string Name, Array Data)[] inputs) =>
        Run(device, weights is null ? new NoWeights() : new StoredWeights(weights), outputs, type, inputs);

    /// <summary>The same with weights of any source.</summary>
    public static float[][] Run(Device device, IWeightSource weights, IReadOnlyList<Value> outputs, ElementType type, params (string Name, Array Data)[] inputs)
    {
        Executable executable = Executable.Compile([new Variant(outputs)], device, new CompileOptions { Type = type });
        using Residency residency = new(device);
        executable.Load(residency, weights);
        using Lane lane = new(device);
        using Run run = Graphs.Execution.Run.Begin(executable, lane);
        foreach ((string name, Array data) in inputs)
        {
            if (run.Takes(name))
            {
                if (data is int[] ids)
                {
                    run.Set<int>(name, ids);
                }
                else
                {
                    run.Set<float>(name, (float[])data);
                }
            }
        }

        run.Evaluate();
        return [.. outputs.Select((_, i) => run.Read(i))];
    }

    private sealed class NoWeights : IWeightSource
    {
        public string Identity => "none";

        public WeightView Read(string name) => throw new InvalidOperationException($"There is no weight '{name}'.");

        public void Make(string name, nint target) => Read(name);

        public void Check(string name) => Read(name);

        public void Release(string name)
        {
        }
    }
}
