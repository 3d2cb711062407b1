using System.Collections.Concurrent;

namespace IlgpuDiffusion.Text;

/// <summary>
/// CLIP's byte-level byte-pair tokenizer (Radford et al. 2021), with the ids of transformers' CLIPTokenizer: text is composed (NFC), lower-cased and its white space collapsed; special tokens
/// written in a text count as such. Safe for use from several threads.
/// </summary>
internal sealed class ClipTokenizer
{
    /// <summary>The number of positions of CLIP's text encoders, begin and end token included.</summary>
    public const int ContextLength = 77;

    private const int CacheLimit = 16384;

    private const int LongestCachedWord = 64;

    private readonly BytePairs _pairs;

    private readonly AddedTokens _verbatim;

    private readonly AddedTokens _normalized;

    private readonly Dictionary<string, int> _ids;

    private readonly ConcurrentDictionary<string, int[]> _cache;

    // Words of several tokens, by the first: how many.
    private readonly Dictionary<int, int> _lengths = [];

    private ClipTokenizer(string folder, ClipVocabulary vocabulary, ClipSpecialTokens special)
    {
        _cache = new(StringComparer.Ordinal);
        _ids = vocabulary.Ids;
        int next = _ids.Values.Max() + 1;
        foreach ((string text, (_, int? id)) in special.Added)
        {
            // A stated id goes before the vocabulary's.
            _ids[text] = id ?? (_ids.TryGetValue(text, out int known) ? known : throw Unknown(folder, text));
            next = Math.Max(next, _ids[text] + 1);
        }

        VocabularySize = next;
        BosId = _ids[special.Begin];
        EosId = _ids[special.End];
        PadId = _ids[special.Pad];
        _pairs = new BytePairs(_ids, vocabulary.Merges, _ids[special.Unknown]);
        _verbatim = new AddedTokens(special.Added.Values.Where(entry => !entry.Token.Normalized).Select(entry => (entry.Token.Content, _ids[entry.Token.Content], entry.Token)));
        _normalized = new AddedTokens(special.Added.Values.Where(entry => entry.Token.Normalized).Select(entry => (ClipNormalizer.Normalize(entry.Token.Content), _ids[entry.Token.Content], entry.Token)));
    }

    private ClipTokenizer(ClipTokenizer other, IEnumerable<(string Word, int Count)> words)
    {
        (_ids, _pairs, _verbatim, _cache, BosId, EosId, PadId) = (other._ids, other._pairs, other._verbatim, other._cache, other.BosId, other.EosId, other.PadId);
        List<(string, int, AddedToken)> added = [];
        VocabularySize = other.VocabularySize;
        foreach ((string word, int count) in words)
        {
            added.Add((ClipNormalizer.Normalize(word), VocabularySize, new AddedToken(word) { Normalized = true, SingleWord = true }));
            _lengths.Add(VocabularySize, count);
            VocabularySize += count;
        }

        _normalized = new AddedTokens([.. added, .. other._normalized.All]);
    }

    /// <summary>The id of the token before every text.</summary>
    public int BosId { get; }

    /// <summary>The id of the token behind every text.</summary>
    public int EosId { get; }

    /// <summary>The id that fills up to the full length: the end token's in Stable Diffusion 1, that of "!" in 2.</summary>
    public int PadId { get; }

    /// <summary>The number of rows that the embedding of token ids must have: the largest id and one.</summary>
    public int VocabularySize { get; }

    /// <summary>Reads a tokenizer's folder: vocab.json and merges.txt, or else tokenizer.json; special tokens from tokenizer_config.json and special_tokens_map.json.</summary>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="InvalidDataException">A file is corrupt; the message names it, and the line.</exception>
    public static ClipTokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ClipVocabulary vocabulary = ClipVocabulary.Read(folder);
        return new ClipTokenizer(folder, vocabulary, ClipSpecialTokens.Read(folder, vocabulary));
    }

    /// <summary>The tokenizer of OpenAI's CLIP, for models that come without one.</summary>
    /// <param name="padsWithEnd">Whether the end token fills up, as in OpenAI's models; else "!" does, as in OpenCLIP's.</param>
    public static ClipTokenizer OpenAi(bool padsWithEnd) => new("CLIP's own", ClipVocabulary.OpenAi(), ClipSpecialTokens.OpenAi(padsWithEnd ? ClipSpecialTokens.EndOfText : "!"));

    /// <summary>The same tokenizer with words of so many tokens each, whose ids follow on the vocabulary's.</summary>
    public ClipTokenizer With(IEnumerable<(string Word, int Count)> words) => new(this, words);

    /// <summary>How many tokens belong together from one on, as those of a word that was added.</summary>
    public int Length(int id) => _lengths.GetValueOrDefault(id, 1);

    /// <summary>The id of a symbol as the vocabulary writes it, such as <c>,&lt;/w&gt;</c>; null where it has none.</summary>
    public int? IdOf(string symbol) => _ids.TryGetValue(symbol, out int id) ? id : null;

    /// <summary>The ids of a text, of any length, without begin and end token.</summary>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = [];
        List<Range> words = [];
        foreach ((int special, Range where) in _verbatim.Split(text))
        {
            if (special >= 0)
            {
                ids.Add(special);
                continue;
            }

            string normalized = ClipNormalizer.Normalize(text[where]);
            foreach ((int added, Range piece) in _normalized.Split(normalized))
            {
                if (added >= 0)
                {
                    ids.AddRange(Enumerable.Range(added, Length(added)));
                    continue;
                }

                string plain = normalized[piece];
                words.Clear();
                ClipWords.Split(plain, words);
                foreach (Range word in words)
                {
                    ids.AddRange(Word(plain.AsSpan()[word]));
                }
            }
        }

        return [.. ids];
    }

    /// <summary>The ids of a text between begin and end token, cut to the length with the end token kept, or filled up with <see cref="PadId"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">The number of ids, at least 2.</param>
    public int[] EncodePadded(string text, int length = ContextLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        int[] whole = Encode(text);
        int kept = Math.Min(whole.Length, length - 2);
        int[] ids = new int[length];
        Array.Fill(ids, PadId);
        ids[0] = BosId;
        whole.AsSpan(0, kept).CopyTo(ids.AsSpan(1));
        ids[kept + 1] = EosId;
        return ids;
    }

    private static InvalidDataException Unknown(string folder, string text) =>
        new($"The vocabulary of the tokenizer '{folder}' has no special token '{Printable(text)}'. Are its vocab.json (or tokenizer.json) and tokenizer_config.json those of one CLIP model?");

    private static string Printable(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private int[] Word(ReadOnlySpan<char> word)
    {
        if (word.Length > LongestCachedWord)
        {
            return _pairs.Encode(word);
        }

        if (!_cache.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(word, out int[]? ids))
        {
            ids = _pairs.Encode(word);
            if (_cache.Count < CacheLimit)
            {
                _cache.TryAdd(word.ToString(), ids);
            }
        }

        return ids;
    }
}
