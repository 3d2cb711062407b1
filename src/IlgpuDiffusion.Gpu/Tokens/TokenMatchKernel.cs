using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Which tokens go together, in steps without barriers. An item takes some tokens in each. Where others sort, these count: a token's rank is the
/// number of tokens that go before it. That is N² comparisons beside the N² · 3/16 products of C channels that the similarities take, needs
/// neither memory nor a launch of another form, and leaves nothing to chance.
/// </summary>
internal static class TokenMatchKernel
{
    // Below every cosine: what is no number, and what is a destination itself.
    private const float NoNumber = -3f, IsDestination = -4f;

    /// <summary>One over each token's norm.</summary>
    [Kernel(EveryFormat = true)]
    public static void Norms<TElement, TFormat>(TokenMatchParameters p, ArrayView<TElement> metric, ArrayView<float> inverse)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int end = p.End;
        for (int token = p.First; token < end; token++)
        {
            float squares = Dot<TElement, TFormat>(p, metric, token * p.MetricStride, token * p.MetricStride);
            inverse[token] = squares == 0f ? 0f : (float)(1 / Math.Sqrt(squares));
        }
    }

    /// <summary>Each token's most similar destination.</summary>
    [Kernel(EveryFormat = true)]
    public static void Match<TElement, TFormat>(
        TokenMatchParameters p, ArrayView<TElement> metric, ArrayView<int> destinations, ArrayView<float> inverse, ArrayView<float> similarities, ArrayView<int> targets)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int end = p.End;
        for (int token = p.First; token < end; token++)
        {
            int image = p.ByTokens.Divide(token) * p.Tokens, own = token - image, from = token * p.MetricStride;
            float best = NoNumber;
            int target = destinations[0];
            for (int i = 0; i < p.Destinations; i++)
            {
                int destination = destinations[i * p.DestinationStride];
                if (destination == own)
                {
                    best = IsDestination;
                    target = own;
                    break;
                }

                float similarity = Dot<TElement, TFormat>(p, metric, from, (image + destination) * p.MetricStride) * inverse[token] * inverse[image + destination];
                if (similarity > best)
                {
                    best = similarity;
                    target = destination;
                }
            }

            similarities[token] = best;
            targets[token] = target;
        }
    }

    /// <summary>Tokens that are not among the most similar keep to themselves.</summary>
    [Kernel]
    public static void Rank(TokenMatchParameters p, ArrayView<float> similarities, ArrayView<int> targets)
    {
        int end = p.End;
        for (int token = p.First; token < end; token++)
        {
            int image = p.ByTokens.Divide(token) * p.Tokens;
            float own = similarities[token];
            int rank = 0;
            for (int other = image; other < image + p.Tokens && rank < p.Merged; other++)
            {
                float similarity = similarities[other];
                rank += similarity > own || (similarity == own && other < token) ? 1 : 0;
            }

            if (rank >= p.Merged)
            {
                targets[token] = token - image;
            }
        }
    }

    /// <summary>Groups are numbered by their own token.</summary>
    [Kernel]
    public static void Number(TokenMatchParameters p, ArrayView<int> targets, ArrayView<int> result)
    {
        int end = p.End;
        for (int token = p.First; token < end; token++)
        {
            int image = p.ByTokens.Divide(token) * p.Tokens, target = targets[token], group = 0;
            for (int other = 0; other < target; other++)
            {
                group += targets[image + other] == other ? 1 : 0;
            }

            result[token * p.ResultStride] = group;
        }
    }

    /// <summary>Tokens in the order of their groups, and where each group begins.</summary>
    [Kernel]
    public static void Order(TokenMatchParameters p, ArrayView<int> targets, ArrayView<int> result)
    {
        int end = p.End;
        for (int token = p.First; token < end; token++)
        {
            int image = p.ByTokens.Divide(token) * p.Tokens, own = token - image, group = result[token * p.ResultStride], start = 0, before = 0;
            for (int other = 0; other < p.Tokens; other++)
            {
                int theirs = result[(image + other) * p.ResultStride];
                start += theirs < group ? 1 : 0;
                before += theirs == group && other < own ? 1 : 0;
            }

            result[((image + start + before) * p.ResultStride) + 1] = own;
            if (targets[token] == own)
            {
                result[((image + group) * p.ResultStride) + 2] = start;
            }

            if (own >= p.Tokens - p.Merged)
            {
                result[(token * p.ResultStride) + 2] = p.Tokens;
            }
        }
    }

    private static float Dot<TElement, TFormat>(TokenMatchParameters p, ArrayView<TElement> x, int a, int b)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        float sum = 0f;
        int c = 0;
        if (p.Way == Octets.Wide)
        {
            for (; c + Octets.Size <= p.Channels; c += Octets.Size)
            {
                Octet product = TFormat.LoadEight(x, a + c) * TFormat.LoadEight(x, b + c);
                sum += ((product.A + product.B) + (product.C + product.D)) + ((product.E + product.F) + (product.G + product.H));
            }
        }

        for (; c < p.Channels; c++)
        {
            sum += TFormat.Widen(x[a + c]) * TFormat.Widen(x[b + c]);
        }

        return sum;
    }
}

/// <summary>The sizes of a matching, and what an item takes.</summary>
internal struct TokenMatchParameters
{
    /// <summary>Tokens of all images.</summary>
    public int All;
    public int Tokens;
    public int Channels;
    public int MetricStride;
    public int Way;
    public int Destinations;
    public int DestinationStride;
    public int Merged;
    public int ResultStride;
    public int PerItem;
    public Divisor ByTokens;

    /// <summary>The first token of this item.</summary>
    public readonly int First => WorkItem.Index * PerItem;

    /// <summary>The token behind the last of this item.</summary>
    public readonly int End => Math.Min(All, First + PerItem);
}
