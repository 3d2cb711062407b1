using IlgpuDiffusion.Acceleration;

namespace IlgpuDiffusion;

/// <summary>What a whole run spends on one layer of attention, or on all else of one depth: as the exact request does, and as it is planned. Where the plan decides nothing the two are equal.</summary>
public sealed record LayerExplanation
{
    /// <summary>The layer's path; empty for all else of a depth.</summary>
    public required string Path { get; init; }

    /// <summary>The kind of attention; null for all else of a depth.</summary>
    public SiteKind? Kind { get; init; }

    /// <summary>How many times the finest grid is halved; null for what has no grid of the picture's, such as a text.</summary>
    public int? Depth { get; init; }

    /// <summary>Rows of the exact request's grid; 0 where there is none.</summary>
    public int Height { get; init; }

    /// <summary>Its columns.</summary>
    public int Width { get; init; }

    /// <summary>Queries of attention in the exact request; 0 for all else.</summary>
    public int ExactTokens { get; init; }

    /// <summary>The fewest queries that a planned evaluation computes.</summary>
    public int Tokens { get; init; }

    /// <summary>Keys that a query looks at in the exact request; 0 for all else.</summary>
    public int ExactKeys { get; init; }

    /// <summary>The fewest keys that a query looks at, at most, in a planned evaluation that computes the layer.</summary>
    public int Keys { get; init; }

    /// <summary>Evaluations of the exact request.</summary>
    public int ExactEvaluations { get; init; }

    /// <summary>Planned evaluations that compute the layer; others recall what was kept.</summary>
    public int Computed { get; init; }

    /// <summary>Floating-point operations of the exact request.</summary>
    public long ExactFlops { get; init; }

    /// <summary>Planned floating-point operations.</summary>
    public long Flops { get; init; }

    /// <summary>What the exact request is expected to spend.</summary>
    public TimeSpan ExactExpected { get; init; }

    /// <summary>What is expected as planned.</summary>
    public TimeSpan Expected { get; init; }
}
