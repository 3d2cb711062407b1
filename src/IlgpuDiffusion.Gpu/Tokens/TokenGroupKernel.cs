using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Tokens merged by a matching, and given back. An item takes a token or group, or a run of its channels.</summary>
internal static class TokenGroupKernel
{
    /// <summary>The mean of every group, its tokens added in their order.</summary>
    [Kernel(EveryFormat = true)]
    public static void Merge<TElement, TFormat>(TokenGroupParameters p, ArrayView<TElement> x, ArrayView<int> matching, ArrayView<TElement> y)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int item = WorkItem.Index;
        if (item >= p.Items)
        {
            return;
        }

        int row = p.ByRuns.Divide(item);
        int start = (item - (row * p.RunsPerRow)) * p.Run;
        int end = Math.Min(p.Channels, start + p.Run);
        int image = p.ByRows.Divide(row), first = image * p.Tokens;
        int group = ((first + row - (image * p.Rows)) * p.MatchingStride) + 2;
        int begin = matching[group], count = matching[group + p.MatchingStride] - begin;
        for (int c = start; c < end; c += Octets.Size)
        {
            int last = Math.Min(end - c, Octets.Size) - 1;
            Octet sum = default;
            for (int i = 0; i < count; i++)
            {
                int token = first + matching[((first + begin + i) * p.MatchingStride) + 1];
                sum += Octets.Load<TElement, TFormat>(x, token * p.FromStride, c, last, p.FromWay);
            }

            Octets.Store<TElement, TFormat>(y, (row * p.ToStride) + c, last, p.ToWay, sum * (1f / count));
        }
    }

    /// <summary>Every token's group, whatever its elements are.</summary>
    [Kernel(typeof(ushort))]
    [Kernel(typeof(uint))]
    [Kernel(typeof(ulong))]
    [Kernel(typeof(U4))]
    public static void Unmerge<T>(TokenGroupParameters p, ArrayView<T> y, ArrayView<int> matching, ArrayView<T> x)
        where T : unmanaged
    {
        int item = WorkItem.Index;
        if (item >= p.Items)
        {
            return;
        }

        int token = p.ByRuns.Divide(item);
        int start = (item - (token * p.RunsPerRow)) * p.Run;
        int end = Math.Min(p.Channels, start + p.Run);
        int image = p.ByRows.Divide(token);
        int from = ((image * p.Tokens) + matching[token * p.MatchingStride]) * p.FromStride;
        for (int c = start; c < end; c++)
        {
            x[(token * p.ToStride) + c] = y[from + c];
        }
    }
}

/// <summary>The sizes of tokens and groups, and what an item takes.</summary>
internal struct TokenGroupParameters
{
    public int Items;
    public int Channels;
    public int Run;
    public int RunsPerRow;

    /// <summary>Rows of an image that are read.</summary>
    public int Tokens;

    /// <summary>Rows of an image that are written.</summary>
    public int Rows;
    public int FromStride;
    public int FromWay;
    public int ToStride;
    public int ToWay;
    public int MatchingStride;
    public Divisor ByRuns;
    public Divisor ByRows;
}
