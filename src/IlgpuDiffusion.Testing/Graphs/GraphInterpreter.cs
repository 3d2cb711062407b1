using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>Runs a graph as it was built: every node once, in order, each result in memory of its own; no passes, no planner.</summary>
internal static class GraphInterpreter
{
    /// <summary>Evaluates values.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="roots">The values wanted, of type F32.</param>
    /// <param name="inputs">The data of an input, by its name.</param>
    /// <param name="weights">The weights, or null if the graph has none.</param>
    /// <param name="device">Where kernels run.</param>
    /// <param name="slots">The data of a slot, by its number; null if the graph reads none.</param>
    /// <returns>The roots' elements [B, H, W, C], in order.</returns>
    /// <exception cref="ArgumentException">An input, weight or slot is missing or of another type.</exception>
    public static IReadOnlyList<float[]> Evaluate(
        Graph graph, IReadOnlyList<Value> roots, Func<string, TensorData> inputs, IWeightSource? weights, Device device, Func<int, TensorData>? slots = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(roots);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(device);
        using Interpretation run = new(device);
        bool[] live = new bool[graph.Nodes.Count];
        foreach (Value root in roots)
        {
            if (root.Graph != graph || root.Type.Type != ElementType.F32)
            {
                throw new ArgumentException($"{root} is not an F32 value of the graph.", nameof(roots));
            }

            live[root.Node] = true;
        }

        for (int i = live.Length - 1; i >= 0; i--)
        {
            foreach (Value input in live[i] ? graph.Nodes[i].Inputs : [])
            {
                live[input.Node] = true;
            }
        }

        foreach (Node node in graph.Nodes.Where(node => live[node.Id]))
        {
            switch (node.Op)
            {
                case Input input:
                    run.Upload(node, inputs(input.Name), $"input '{input.Name}'");
                    break;
                case SlotRead slot:
                    run.Upload(node, slots?.Invoke(slot.Slot) ?? throw new ArgumentException($"The graph reads slot {slot.Slot}, but no slots are given.", nameof(slots)), $"slot {slot.Slot}");
                    break;
                case Weight weight:
                    run.Refer(node, (weights ?? throw new ArgumentException($"The graph reads the weight '{weight.Key}', but no weights are given.", nameof(weights))).Read(weight.Key), weight.Key);
                    break;
                case Slice slice:
                    run.View(node, slice);
                    break;
                default:
                    run.Launch(node);
                    break;
            }
        }

        return [.. roots.Select(run.Read)];
    }
}
