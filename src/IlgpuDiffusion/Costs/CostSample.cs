using System.Text.Json.Serialization;
using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Costs;

/// <summary>A launch that was timed.</summary>
/// <param name="Op">What it computes.</param>
/// <param name="Form">The same with all its settings.</param>
/// <param name="Operands">The types of its inputs.</param>
/// <param name="Channels">Of each input, the channels.</param>
/// <param name="Guess">The device's guess of its seconds.</param>
/// <param name="Seconds">The time.</param>
internal sealed record CostSample(string Op, string Form, string Operands, int[] Channels, double Guess, double Seconds)
{
    /// <summary>The sample of a launch.</summary>
    public static CostSample Of(LaunchReport launch, double seconds) => new(launch.Op, FormOf(launch), OperandsOf(launch), ChannelsOf(launch), GuessOf(launch), seconds);

    /// <summary>What launches of one kernel and one size have in common.</summary>
    public static string KeyOf(LaunchReport launch) => $"{FormOf(launch)} {OperandsOf(launch)}";

    /// <summary>Whether it may be gone by; what a damaged file holds may be anything.</summary>
    [JsonIgnore]
    public bool IsSound => Op is not null && Form is not null && Operands is not null && Channels is not null && Guess > 0 && double.IsFinite(Guess) && Seconds > 0 && double.IsFinite(Seconds);

    /// <summary>The same of a sample.</summary>
    public string Key => $"{Form} {Operands}";

    internal static string FormOf(LaunchReport launch) => launch.Operation.ToString();

    internal static int[] ChannelsOf(LaunchReport launch) => [.. launch.Inputs.Select(input => input.Shape.Channels)];

    // Nothing takes no time at all.
    internal static double GuessOf(LaunchReport launch) => Math.Max(1e-7, launch.Estimate.TotalSeconds);

    private static string OperandsOf(LaunchReport launch) => string.Join(' ', launch.Inputs);
}
