namespace IlgpuDiffusion.Text;

/// <summary>Pieces of text by their logarithmic probabilities: of all ways to cut a word, the one with the largest sum (Viterbi's algorithm; Kudo 2018).</summary>
internal sealed class UnigramModel
{
    // What an unknown character costs more than the rarest piece, as in SentencePiece.
    private const double UnknownPenalty = 10;

    private readonly Dictionary<string, int> _ids;
    private readonly double[] _scores;
    private readonly int _unknown;
    private readonly int _longest;
    private readonly double _unknownScore;

    /// <param name="pieces">The pieces and their scores; their numbers are the ids.</param>
    /// <param name="unknown">The id of what no piece holds.</param>
    public UnigramModel(IReadOnlyList<(string Text, double Score)> pieces, int unknown)
    {
        _ids = new Dictionary<string, int>(pieces.Count, StringComparer.Ordinal);
        _scores = new double[pieces.Count];
        double least = double.PositiveInfinity;
        for (int i = 0; i < pieces.Count; i++)
        {
            (string text, _scores[i]) = pieces[i];
            _ids[text] = i;
            least = Math.Min(least, _scores[i]);
            _longest = Math.Max(_longest, text.Length);
        }

        (_unknown, _unknownScore) = (unknown, least - UnknownPenalty);
    }

    /// <summary>Appends a word's ids; neighbouring unknown characters are one.</summary>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        (double Score, int Start, int Id)[] best = new (double, int, int)[word.Length + 1];
        Array.Fill(best, (0, -1, 0));
        int at = 0;
        while (at < word.Length)
        {
            int character = char.IsHighSurrogate(word[at]) && at + 1 < word.Length && char.IsLowSurrogate(word[at + 1]) ? 2 : 1;
            bool single = false;
            for (int length = character; length <= _longest && at + length <= word.Length; length++)
            {
                if (lookup.TryGetValue(word.Slice(at, length), out int id))
                {
                    Offer(best, at, at + length, _scores[id], id);
                    single |= length == character;
                }
            }

            if (!single)
            {
                Offer(best, at, at + character, _unknownScore, _unknown);
            }

            at += character;
        }

        Append(best, ids);
    }

    private static void Offer((double Score, int Start, int Id)[] best, int start, int end, double score, int id)
    {
        double sum = best[start].Score + score;
        if (best[end].Start < 0 || sum > best[end].Score)
        {
            best[end] = (sum, start, id);
        }
    }

    private void Append((double Score, int Start, int Id)[] best, List<int> ids)
    {
        int first = ids.Count;
        for (int end = best.Length - 1; end > 0; end = best[end].Start)
        {
            if (best[end].Id != _unknown || ids.Count == first || ids[^1] != _unknown)
            {
                ids.Add(best[end].Id);
            }
        }

        ids.Reverse(first, ids.Count - first);
    }
}
