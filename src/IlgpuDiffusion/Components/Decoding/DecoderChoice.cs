using IlgpuDiffusion.Graphs.Execution;

namespace IlgpuDiffusion.Components;

/// <summary>How pictures of a size are decoded: at once, or in parts.</summary>
/// <param name="AtOnce">The decoder's program, or null.</param>
/// <param name="InParts">The plan, or null.</param>
/// <param name="Tiles">The tiles of its attention.</param>
internal sealed record DecoderChoice(Executable? AtOnce, DecodePlan? InParts, DecoderTiles Tiles)
{
    /// <summary>The memory that it takes.</summary>
    public MemoryReport Memory => AtOnce?.Memory ?? InParts!.Memory;
}
