using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf;

/// <summary>The name under which a profile adds up launches: the op's, and what makes its kernel another one.</summary>
internal static class OpKind
{
    public static string Of(LaunchTime launch)
    {
        Shape second = launch.Inputs.Count > 1 ? launch.Inputs[1].Shape : default, first = launch.Inputs[0].Shape;
        return launch.Op switch
        {
            Conv2d conv => $"Conv2d {second.Width}×{second.Channels}{(conv.Stride > 1 ? $" stride {conv.Stride}" : "")}{(conv.Resize == default ? "" : " of an upsampled picture")}",
            Linear { Epilogue.Gated: true } => "Linear, gated",
            Attention { Heads: var heads } => $"Attention, width {first.Channels / heads}{(first.Tokens == second.Tokens ? "" : ", other keys")}",
            _ => launch.Op.Name,
        };
    }
}
