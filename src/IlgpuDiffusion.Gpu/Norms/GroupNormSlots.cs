using System.Numerics;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>The slots that a group norm's sums are taken in, from the shape of an image, and where their sums lie in scratch.</summary>
/// <param name="Tokens">Grid points of a slot: the more, the larger the image is, and few enough for slots to keep a GPU busy.</param>
/// <param name="Slots">Slots of an image.</param>
/// <param name="Folds">Slots of an image after one fold; 0 if there are few enough without.</param>
/// <param name="Pitch">Channels rounded up to eights.</param>
/// <param name="Images">Images.</param>
/// <param name="Channels">Channels.</param>
internal readonly record struct GroupNormSlots(int Tokens, int Slots, int Folds, int Pitch, int Images, int Channels)
{
    /// <summary>Bytes of the channels' sums, which come first.</summary>
    public long ChannelBytes => Up((long)Images * 2 * Channels * sizeof(double));

    /// <summary>Bytes of the slots' sums, which follow.</summary>
    public long SlotBytes => (long)Images * Slots * 2 * Pitch * sizeof(float);

    /// <summary>Bytes of the folded slots' sums, which come last.</summary>
    public long FoldBytes => (long)Images * Folds * 2 * Pitch * sizeof(float);

    /// <summary>Bytes of all.</summary>
    public long Bytes => ChannelBytes + SlotBytes + FoldBytes;

    /// <summary>For a shape.</summary>
    public static GroupNormSlots Of(Shape shape)
    {
        // 8 grid points up to 2047 of them, 16 up to 8191, 32 up to 32767, and so on.
        int tokens = GroupNormKernel.Block << Math.Max(0, (BitOperations.Log2((uint)shape.Tokens) - 9) / 2);
        int slots = (shape.Tokens + tokens - 1) / tokens;
        int folds = slots > GroupNormKernel.Folded ? (slots + GroupNormKernel.Folded - 1) / GroupNormKernel.Folded : 0;
        return new GroupNormSlots(tokens, slots, folds, (shape.Channels + Octets.Size - 1) / Octets.Size * Octets.Size, shape.Batch, shape.Channels);
    }

    private static long Up(long bytes) => (bytes + Alignment.Bytes - 1) / Alignment.Bytes * Alignment.Bytes;
}
