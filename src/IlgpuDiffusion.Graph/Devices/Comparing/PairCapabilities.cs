namespace IlgpuDiffusion.Graphs.Devices.Comparing;

/// <summary>What two devices that run the same launches can do.</summary>
internal static class PairCapabilities
{
    /// <summary>What both store and absorb. A permission that only one makes use of is given, since the other leaves it aside.</summary>
    public static Capabilities Of(Capabilities first, Capabilities second) => new()
    {
        Stores = [.. first.Stores.Intersect(second.Stores)],
        Linear = first.Linear & second.Linear,
        Conv2d = first.Conv2d & second.Conv2d,
        LinearReadsBytes = first.LinearReadsBytes && second.LinearReadsBytes,
        LayerNorm = x => first.LayerNorm(x) && second.LayerNorm(x),

        // Sums in other slots cannot be compared: the norms then read their input.
        SumSlots = (op, in operands) => first.SumSlots(op, operands) is var slots && slots == second.SumSlots(op, operands) ? slots : 0,
        Used = (op, in operands) => (first.Used(op, operands), second.Used(op, operands)) is var (a, b) ? op with { Winograd = a.Winograd || b.Winograd, Phases = a.Phases || b.Phases } : op,
    };
}
