using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;

namespace IlgpuDiffusion.Components;

/// <summary>What distinguishes one compiled evaluation from another.</summary>
/// <param name="Images">Pictures in the batch.</param>
/// <param name="Height">Rows of latents.</param>
/// <param name="Width">Columns of latents.</param>
/// <param name="Branches">Branches of the conditioning: 2 with guidance, unconditional first; 1 without.</param>
/// <param name="Conditioning">What the request gives the network beside latents and time, in rows: branches, or branches × images.</param>
/// <param name="Evaluations">Evaluations of the run.</param>
/// <param name="Rescale">Whether guidance is rescaled.</param>
/// <param name="Variants">The different structures of the evaluations.</param>
internal sealed record EvaluationKey(int Images, int Height, int Width, int Branches, EquatableArray<InputShape> Conditioning, int Evaluations, bool Rescale, EquatableArray<RowStructure> Variants)
{
    /// <summary>What is changed in the network's weights.</summary>
    public WeightChanges Changes { get; init; } = WeightChanges.None;

    /// <summary>The ControlNets; a variant's row says which of them run in it.</summary>
    public EquatableArray<ControlPart> Controls { get; init; }

    /// <summary>Whether large weights stay in their files (<see cref="Graphs.Execution.CompileOptions.Streams"/>).</summary>
    public bool Streams { get; init; }
}

/// <summary>From latents to clean latents: input scaling, branches, network, guidance, prediction.</summary>
internal static class EvaluationGraph
{
    public const string Latents = "latents";
    public const string Time = "time";
    public const string InputScale = "c_in";
    public const string SkipScale = "c_skip";
    public const string OutputScale = "c_out";
    public const string CfgScale = "cfg_scale";
    public const string Rescale = "cfg_rescale";
    public const string Inpainting = "inpainting";

    /// <summary>Builds the graph; the network is given scaled latents [branches·B, h, w, C], time, and its inputs by name.</summary>
    /// <returns>The clean latents [B, h, w, c].</returns>
    public static Value Build(ModelBuilder m, EvaluationKey key, int latentChannels, IDenoiserNetwork network)
    {
        Graph graph = m.Graph;
        EvaluationPlan plan = m.Plan;
        RowStructure row = plan.Row;
        Value latents = graph.Input(Latents, new Shape(key.Images, key.Height, key.Width, latentChannels), Stage.Evaluation);
        Dictionary<string, Value> inputs = key.Conditioning.ToDictionary(input => input.Name, input => OfBranches(graph.Input(input.Name, input.Shape, Stage.Request), key, row.Branches));
        foreach (NetworkInput input in network.Inputs.Where(input => input.Stage == Stage.Schedule))
        {
            inputs[input.Name] = Scalar(graph, input.Name);
        }

        Value time = Scalar(graph, Time);

        Value x = latents * Scalar(graph, InputScale);

        // ControlNets of inpainting networks see the latents alone.
        ControlResiduals? control = ControlGraph.Build(m, key, x.Repeat(row.BranchCount), time, inputs);
        if (network.InChannels > latentChannels)
        {
            // Inpainting networks see the mask and the visible part of the picture beside the latents.
            x = x.Concat(Axis.Channels, graph.Input(Inpainting, new Shape(key.Images, key.Height, key.Width, network.InChannels - latentChannels), Stage.Request));
        }

        // Guidance and what follows it multiply differences of predictions, so they are in F32 whatever the network stores.
        x = x.Repeat(row.BranchCount);
        Value output = (control is null ? network.Build(m, x, time, inputs) : ((IControlledNetwork)network).Build(m, x, time, inputs, control)).Precise();
        output = plan.Through(plan.Site(SiteKind.Prediction, "prediction", output), output);
        Value Clean(Value prediction) => latents * Scalar(graph, SkipScale) + prediction * Scalar(graph, OutputScale);
        bool both = row.Branches == Acceleration.Branches.Both;
        Value conditional = both ? output.Slice(Axis.Batch, key.Images, key.Images) : output;
        Value? unconditional = both ? output.Slice(Axis.Batch, 0, key.Images) : null;
        if (plan.GuidanceDifference(conditional, unconditional) is not { } difference)
        {
            return Clean(output);
        }

        Value scale = Scalar(graph, CfgScale);
        Value guided = unconditional is { } from ? from + difference * scale : conditional + difference * scale.Affine(1, -1);
        if (key.Rescale)
        {
            // Lin et al. 2023 (arXiv:2305.08891), equations 15 and 16.
            Value rescaled = guided * (conditional.StandardDeviation() / guided.StandardDeviation());
            Value share = Scalar(graph, Rescale);
            guided = rescaled * share + guided * share.Affine(-1, 1);
        }

        return Clean(guided);
    }

    // The rows of the branches that run.
    private static Value OfBranches(Value input, EvaluationKey key, Branches branches)
    {
        int rows = input.Shape.Batch / key.Branches;
        return branches.Count() == key.Branches ? input : input.Slice(Axis.Batch, branches == Acceleration.Branches.Unconditional ? 0 : rows, rows);
    }

    private static Value Scalar(Graph graph, string name) => graph.Input(name, Shape.Scalar, Stage.Schedule);
}
