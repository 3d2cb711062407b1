namespace IlgpuDiffusion.Text;

/// <summary>
/// T5's tokenizer (Raffel et al. 2020; unigram model of Kudo 2018, arXiv:1804.10959), with the ids of transformers' T5Tokenizer: text is normalized, cut at white space, and each word, with
/// a mark in front, becomes the pieces whose probabilities have the largest product. Safe for use from several threads.
/// </summary>
internal sealed class T5Tokenizer
{
    // SentencePiece's mark of a word's begin.
    private const char WordMark = '▁';

    private readonly UnigramModel _model;
    private readonly PrecompiledNormalizer? _normalizer;
    private readonly AddedTokens _added;

    private T5Tokenizer(UnigramVocabulary vocabulary)
    {
        Dictionary<string, int> added = vocabulary.Added.ToDictionary(entry => entry.Token.Content, entry => entry.Id, StringComparer.Ordinal);
        int IdOf(string text) => added.TryGetValue(text, out int id) || (id = vocabulary.Pieces.FindIndex(piece => piece.Text == text)) >= 0
            ? id
            : throw new InvalidDataException($"'{vocabulary.File}' has no token '{text}', which every T5 tokenizer has. Is it one of T5?");
        (EndId, PadId) = (IdOf("</s>"), IdOf("<pad>"));
        VocabularySize = Math.Max(vocabulary.Pieces.Count, added.Values.Select(id => id + 1).DefaultIfEmpty().Max());
        _model = new UnigramModel(vocabulary.Pieces, vocabulary.UnknownId);
        _normalizer = vocabulary.CharacterMap is { } map ? new PrecompiledNormalizer(map, vocabulary.File) : null;
        _added = new AddedTokens(vocabulary.Added.Select(entry => (entry.Token.Content, entry.Id, entry.Token)));
    }

    /// <summary>The id of the token behind every text.</summary>
    public int EndId { get; }

    /// <summary>The id that fills up to the full length.</summary>
    public int PadId { get; }

    /// <summary>The number of rows that the embedding of token ids must have: the largest id and one.</summary>
    public int VocabularySize { get; }

    /// <summary>Reads a tokenizer's folder: spiece.model, or else tokenizer.json.</summary>
    /// <exception cref="FileNotFoundException">There is neither.</exception>
    /// <exception cref="InvalidDataException">A file is corrupt or no unigram model; the message names it.</exception>
    public static T5Tokenizer Load(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        return new T5Tokenizer(UnigramVocabulary.Read(folder));
    }

    /// <summary>The tokenizer of Google's T5, for models that come without.</summary>
    public static T5Tokenizer Google() => new(UnigramVocabulary.Google());

    /// <summary>The ids of a text, of any length, without the end token.</summary>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = [];
        foreach ((int special, Range where) in _added.Split(text))
        {
            if (special >= 0)
            {
                ids.Add(special);
                continue;
            }

            string plain = _normalizer?.Normalize(text[where]) ?? text[where];
            foreach (string word in plain.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            {
                AddWord(word, ids);
            }
        }

        return [.. ids];
    }

    /// <summary>The ids of a text and the end token, cut to the length with the end token kept, or filled up with <see cref="PadId"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="length">The number of ids, at least 1.</param>
    public int[] EncodePadded(string text, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        int[] whole = Encode(text), ids = new int[length];
        int kept = Math.Min(whole.Length, length - 1);
        Array.Fill(ids, PadId);
        whole.AsSpan(0, kept).CopyTo(ids);
        ids[kept] = EndId;
        return ids;
    }

    // A mark within a word begins the next one.
    private void AddWord(string word, List<int> ids)
    {
        string marked = word[0] == WordMark ? word : WordMark + word;
        int start = 0;
        while (start < marked.Length)
        {
            int next = marked.IndexOf(WordMark, start + 1);
            int end = next < 0 ? marked.Length : next;
            _model.Encode(marked.AsSpan(start, end - start), ids);
            start = end;
        }
    }
}
