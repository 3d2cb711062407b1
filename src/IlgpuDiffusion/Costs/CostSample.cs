using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Costs;

/// <summary>A launch that was timed.</summary>
/// <param name="Op">What it computes.</param>
/// <param name="Form">The same with all its settings.</param>
/// <param name="Operands">The types of its inputs.</param>
/// <param name="Flops">Floating-point operations.</param>
/// <param name="Bytes">Bytes read and written.</param>
/// <param name="Seconds">The time.</param>
internal sealed record CostSample(string Op, string Form, string Operands, long Flops, long Bytes, double Seconds)
{
    /// <summary>The sample of a launch.</summary>
    public static CostSample Of(LaunchReport launch, double seconds) => new(launch.Op, FormOf(launch), OperandsOf(launch), launch.Work.Flops, launch.Work.Bytes, seconds);

    /// <summary>What launches of one kernel and one size have in common.</summary>
    public static string KeyOf(LaunchReport launch) => $"{FormOf(launch)} {OperandsOf(launch)}";

    /// <summary>The same of a sample.</summary>
    public string Key => $"{Form} {Operands}";

    internal static string FormOf(LaunchReport launch) => launch.Operation.ToString();

    private static string OperandsOf(LaunchReport launch) => string.Join(' ', launch.Inputs);
}
