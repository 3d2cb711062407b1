namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>One structure of an evaluation: what it gives and what it keeps.</summary>
/// <param name="Outputs">The values wanted; all variants of an executable give as many, of equal types.</param>
/// <param name="Keeps">Values kept in slots for later evaluations.</param>
internal sealed record Variant(IReadOnlyList<Value> Outputs, IReadOnlyList<Keep> Keeps)
{
    /// <summary>A variant that keeps nothing.</summary>
    public Variant(params IReadOnlyList<Value> outputs)
        : this(outputs, [])
    {
    }
}

/// <summary>A value kept in a slot, read in later evaluations by <see cref="Ops.SlotRead"/>.</summary>
internal readonly record struct Keep(int Slot, Value Value);

/// <summary>How to compile.</summary>
internal sealed record CompileOptions
{
    /// <summary>How many evaluations a run has: rows of the schedule.</summary>
    public int Evaluations { get; init; } = 1;

    /// <summary>The type in which activations are stored: one of <see cref="Capabilities.Stores"/>. Time, guidance and results are F32 with any.</summary>
    public ElementType Type { get; init; } = ElementType.F32;

    /// <summary>
    /// Whether large weights stay where their files are mapped, each packed anew by every launch that reads it, and none is kept: for networks that are larger than the memory. The device reads the host's weights.
    /// </summary>
    public bool Streams { get; init; }

    /// <summary>Names of passes to leave out (<see cref="Passes.PassPipeline.Names"/>).</summary>
    public IReadOnlyCollection<string> WithoutPasses { get; init; } = [];
}

/// <summary>Bytes by what they are for.</summary>
/// <param name="Weights">Weights read as they are in the file.</param>
/// <param name="Prepared">Weights packed, stacked or cast at load.</param>
/// <param name="Streamed">Weights of which one launch's are in memory at a time (<see cref="CompileOptions.Streams"/>).</param>
/// <param name="Arena">The largest program's values and scratch, shared by all on a lane.</param>
/// <param name="Loading">What preparing the largest weight takes beside it, for a moment.</param>
/// <param name="Run">Inputs, outputs, request results, slots and the row table of one run.</param>
internal sealed record MemoryReport(long Weights, long Prepared, long Streamed, long Loading, long Arena, long Run)
{
    /// <summary>Those that the request and the schedule stage read.</summary>
    public WeightBytes BeforeLoop { get; init; }

    /// <summary>Those that evaluations read.</summary>
    public WeightBytes InLoop { get; init; }

    /// <summary>The bytes of weights that are held at one time.</summary>
    /// <param name="inFiles">Whether those count that are read as they are in their files.</param>
    /// <param name="inTurn">Whether those that are read before the loop alone leave when it begins (<see cref="Execution.Run.Begin"/>).</param>
    public long Held(bool inFiles, bool inTurn) => inTurn && InLoop.Of(true) > 0 ? Math.Max(BeforeLoop.Of(inFiles), InLoop.Of(inFiles)) : new WeightBytes(Weights, Prepared).Of(inFiles);
}

/// <summary>Bytes of weights.</summary>
/// <param name="AsInFile">Of those that are read as they are in their files.</param>
/// <param name="Prepared">Of those that are packed, stacked or cast at load.</param>
internal readonly record struct WeightBytes(long AsInFile, long Prepared)
{
    /// <summary>Their sum.</summary>
    /// <param name="inFiles">Whether those count that are read as they are in their files.</param>
    public long Of(bool inFiles) => Prepared + (inFiles ? AsInFile : 0);
}
