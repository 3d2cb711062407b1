using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>Which operands may be read 16 bytes at a time; the bases of spaces lie at multiples of 64.</summary>
internal static class Alignment
{
    /// <summary>What a memory's widest access takes.</summary>
    public const int Bytes = 16;

    extension(Place place)
    {
        /// <summary>Whether elements that lie so many past the first, and so many further again, begin at multiples of 16 bytes.</summary>
        /// <param name="offset">Elements in front.</param>
        /// <param name="steps">Elements from one to the next.</param>
        public bool IsWide(long offset, ReadOnlySpan<long> steps)
        {
            int size = place.Type.Size();
            bool wide = (place.Offset + (offset * size)) % Bytes == 0;
            foreach (long step in steps)
            {
                wide &= step * size % Bytes == 0;
            }

            return wide;
        }

        /// <summary>How eight channels of the place's rows are read.</summary>
        public int Way => place.IsWide(0, [place.RowStride]) ? Octets.Wide : Octets.Single;
    }
}
