using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Which chunks of shared memory hold copies that have landed, for the emulation: a copy counts only once the item that began it has waited for it.
/// The emulation's words lie at the memory's end: a word for each chunk of the kernel's, then a board for each warp.
/// A chunk's word names the item that wrote it last by a copy, plus one, and the number of its batch; 0 is none.
/// </summary>
internal static class EmulatedCopies
{
    /// <summary>What is read of a chunk before its copy has landed: no number of either 16-bit type.</summary>
    public const uint Poison = uint.MaxValue;

    /// <summary>Words of a warp's board.</summary>
    public const int BoardWords = LandedAt + 32;

    /// <summary>Where a board holds each lane's turn (<see cref="EmulatedTensorCores{TNumber}"/>).</summary>
    public const int TurnsAt = 2 * 32 * LaneWords;

    /// <summary>Words that a lane tells the others at once.</summary>
    public const int LaneWords = 32;

    // The number of the batch that each lane is filling, and that of its first batch that need not have landed.
    private const int BegunAt = TurnsAt + 32;
    private const int LandedAt = BegunAt + 32;

    private const int BatchBits = 22;

    // A chunk, and the word that says what is copied there.
    private const int WordsPerChunk = 5;

    /// <summary>Words of dynamic shared memory that a launch asks for.</summary>
    /// <param name="bytes">Bytes that the kernel itself uses.</param>
    /// <param name="items">Items of a group.</param>
    public static int Words(int bytes, int items) => (WordsPerChunk * (((bytes + 63) / 64) * 4)) + (items / 32 * BoardWords);

    /// <summary>The board of an item's warp.</summary>
    public static ArrayView<uint> Board(ArrayView<U4> shared, int item)
    {
        ArrayView<uint> all = shared.Cast<uint>();
        return all.SubView(all.IntLength - (((Group.DimX / 32) - (item / 32)) * BoardWords), BoardWords);
    }

    /// <summary>Nothing is copied yet; all items of the group meet.</summary>
    public static void Start(ArrayView<U4> shared)
    {
        ArrayView<uint> board = Board(shared, Group.IdxX), written = Written(shared);
        board[BegunAt + Warp.LaneIdx] = 0;
        board[LandedAt + Warp.LaneIdx] = 0;
        for (int chunk = Group.IdxX; chunk < written.IntLength; chunk += Group.DimX)
        {
            written[chunk] = 0;
        }

        Group.Barrier();
    }

    /// <summary>This item has begun to copy to a chunk.</summary>
    public static void Begin(ArrayView<U4> shared, int chunk) =>
        Written(shared)[chunk] = ((uint)(Group.IdxX + 1) << BatchBits) | Board(shared, Group.IdxX)[BegunAt + Warp.LaneIdx];

    /// <summary>This item's next copies are of another batch.</summary>
    public static void EndBatch(ArrayView<U4> shared) => Board(shared, Group.IdxX)[BegunAt + Warp.LaneIdx]++;

    /// <summary>This item's ended batches but the last have landed.</summary>
    public static void AwaitAllButOne(ArrayView<U4> shared)
    {
        ArrayView<uint> board = Board(shared, Group.IdxX);
        int begun = (int)board[BegunAt + Warp.LaneIdx], landed = (int)board[LandedAt + Warp.LaneIdx];
        board[LandedAt + Warp.LaneIdx] = (uint)Math.Max(landed, begun - 1);
    }

    /// <summary>All of this item's ended batches have landed.</summary>
    public static void AwaitAll(ArrayView<U4> shared)
    {
        ArrayView<uint> board = Board(shared, Group.IdxX);
        board[LandedAt + Warp.LaneIdx] = board[BegunAt + Warp.LaneIdx];
    }

    /// <summary>Whether a chunk holds what was written there last.</summary>
    public static bool HasLanded(ArrayView<U4> shared, int chunk)
    {
        uint written = Written(shared)[chunk];
        int item = (int)(written >> BatchBits) - 1;
        return item < 0 || (written & ((1u << BatchBits) - 1)) < Board(shared, item)[LandedAt + (item & 31)];
    }

    private static ArrayView<uint> Written(ArrayView<U4> shared)
    {
        ArrayView<uint> all = shared.Cast<uint>();
        int chunks = (all.IntLength - (Group.DimX / 32 * BoardWords)) / WordsPerChunk;
        return all.SubView(4 * chunks, chunks);
    }
}
