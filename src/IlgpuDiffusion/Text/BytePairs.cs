using System.Text;

namespace IlgpuDiffusion.Text;

/// <summary>Byte-level byte-pair encoding of one word (Sennrich et al. 2016; GPT-2's bytes): the pair of the lowest rank is merged first, the leftmost of equals.</summary>
internal sealed class BytePairs
{
    /// <summary>The mark that CLIP's vocabulary puts on the last symbol of a word.</summary>
    public const string WordEnd = "</w>";

    private readonly int[] _inside = new int[256];

    private readonly int[] _last = new int[256];

    private readonly Dictionary<(int Left, int Right), (int Rank, int Merged)> _merges;

    /// <param name="vocabulary">The id of every symbol.</param>
    /// <param name="merges">Rank and result of every pair.</param>
    /// <param name="unknown">The id of a byte that the vocabulary lacks; negative leaves such bytes out.</param>
    public BytePairs(Dictionary<string, int> vocabulary, Dictionary<(int Left, int Right), (int Rank, int Merged)> merges, int unknown)
    {
        _merges = merges;
        int i = 0;
        foreach (string symbol in Symbols())
        {
            _inside[i] = vocabulary.GetValueOrDefault(symbol, unknown);
            _last[i++] = vocabulary.GetValueOrDefault(symbol + WordEnd, unknown);
        }
    }

    /// <summary>The symbol of every byte: GPT-2 writes a printable one as that character of Latin-1, and the others as the characters from 256 on.</summary>
    public static IEnumerable<string> Symbols()
    {
        int next = 256;
        for (int i = 0; i < 256; i++)
        {
            bool printable = i is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            yield return ((char)(printable ? i : next++)).ToString();
        }
    }

    /// <summary>The ids of a word, which must not be empty.</summary>
    public int[] Encode(ReadOnlySpan<char> word)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, bytes);
        int[] ids = [.. bytes[..^1].Select(value => _inside[value]), _last[bytes[^1]]];
        ids = [.. ids.Where(id => id >= 0)];
        return ids.Length > 1 ? Merge(ids) : ids;
    }

    private int[] Merge(int[] ids)
    {
        // A linked list of symbols and a queue of pairs: n log n, since a prompt may hold one endless word.
        int[] next = [.. Enumerable.Range(1, ids.Length)];
        int[] previous = [.. Enumerable.Range(-1, ids.Length)];
        PriorityQueue<(int At, int Merged), (int Rank, int At)> queue = new();
        for (int i = 0; i + 1 < ids.Length; i++)
        {
            Offer(i);
        }

        while (queue.TryDequeue(out (int At, int Merged) top, out _))
        {
            int at = top.At;
            int right = next[at];
            if (ids[at] < 0 || right == ids.Length || !_merges.TryGetValue((ids[at], ids[right]), out (int Rank, int Merged) pair) || pair.Merged != top.Merged)
            {
                continue;
            }

            ids[at] = pair.Merged;
            ids[right] = -1;
            next[at] = next[right];
            if (next[at] < ids.Length)
            {
                previous[next[at]] = at;
                Offer(at);
            }

            if (previous[at] >= 0)
            {
                Offer(previous[at]);
            }
        }

        return [.. ids.Where(id => id >= 0)];

        void Offer(int at)
        {
            if (_merges.TryGetValue((ids[at], ids[next[at]]), out (int Rank, int Merged) pair))
            {
                queue.Enqueue((at, pair.Merged), (pair.Rank, at));
            }
        }
    }
}
