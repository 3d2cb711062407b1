using System.IO.Compression;
using System.Text.Json;

namespace IlgpuDiffusion.Text;

/// <summary>The pieces of a unigram tokenizer, from spiece.model or tokenizer.json, and the tokens that are taken from a text before it is cut into pieces.</summary>
internal sealed class UnigramVocabulary
{
    /// <summary>Pieces and added tokens of <see cref="Google"/>.</summary>
    public const int GoogleSize = 32100;

    // What T5's tokenizers have where their configuration does not say.
    private const int UsualExtraIds = 100;

    private UnigramVocabulary(string file) => File = file;

    /// <summary>The file that was read.</summary>
    public string File { get; }

    /// <summary>The pieces and the logarithms of their probabilities; their numbers are the ids.</summary>
    public List<(string Text, double Score)> Pieces { get; } = [];

    /// <summary>The id of what no piece holds.</summary>
    public int UnknownId { get; private set; }

    /// <summary>The compiled rules of normalization, or null for none.</summary>
    public byte[]? CharacterMap { get; private set; }

    /// <summary>Tokens that are looked for in the text as written.</summary>
    public List<(AddedToken Token, int Id)> Added { get; } = [];

    /// <summary>Reads a tokenizer's folder.</summary>
    public static UnigramVocabulary Read(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"There is no tokenizer folder '{folder}'. A T5 tokenizer is a folder with spiece.model or tokenizer.json.");
        }

        string model = Path.Combine(folder, "spiece.model"), whole = Path.Combine(folder, "tokenizer.json");
        UnigramVocabulary result = new(System.IO.File.Exists(model) ? model : whole);
        if (System.IO.File.Exists(model))
        {
            result.ReadModel(Path.Combine(folder, "tokenizer_config.json"));
        }
        else if (System.IO.File.Exists(whole))
        {
            using JsonDocument json = ClipVocabulary.ReadJson(whole);
            result.ReadTokenizerJson(json.RootElement);
        }
        else
        {
            throw new FileNotFoundException($"The tokenizer folder '{folder}' lacks spiece.model, and has no tokenizer.json in its place. Copy one of them from the model's tokenizer folder of its T5.", model);
        }

        return result.Pieces.Count == 0 || result.UnknownId < 0 || result.UnknownId >= result.Pieces.Count
            ? throw new InvalidDataException($"'{result.File}' has {result.Pieces.Count} pieces, of which number {result.UnknownId} is to stand for what is unknown. Is it a tokenizer of T5?")
            : result;
    }

    /// <summary>
    /// The vocabulary of Google's T5 (Raffel et al. 2020; Apache License 2.0), which every published T5 that conditions pictures reads; it is in the assembly as tokenizer.json.
    /// </summary>
    public static UnigramVocabulary Google()
    {
        UnigramVocabulary result = new("T5's own vocabulary");
        using BrotliStream stream = new(typeof(UnigramVocabulary).Assembly.GetManifestResourceStream("IlgpuDiffusion.Text.t5-tokenizer.json.br")!, CompressionMode.Decompress);
        using JsonDocument json = JsonDocument.Parse(stream);
        result.ReadTokenizerJson(json.RootElement);
        return result;
    }

    private void ReadModel(string config)
    {
        SentencePieceFile model = SentencePieceFile.Read(File);
        (UnknownId, CharacterMap) = (model.UnknownId, model.CharacterMap);
        for (int i = 0; i < model.Pieces.Count; i++)
        {
            (string text, float score, bool special) = model.Pieces[i];
            Pieces.Add((text, score));
            if (special)
            {
                Added.Add((new AddedToken(text), i));
            }
        }

        // Sentinels of T5's training follow the pieces, the last one first.
        int extra = UsualExtraIds;
        if (System.IO.File.Exists(config))
        {
            using JsonDocument json = ClipVocabulary.ReadJson(config);
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("extra_ids", out JsonElement count))
            {
                extra = count.ValueKind == JsonValueKind.Number && count.TryGetInt32(out int number) && number is >= 0 and <= 10000
                    ? number
                    : throw new InvalidDataException($"'{config}': extra_ids is not a whole number from 0 to 10000.");
            }
        }

        for (int i = 0; i < extra; i++)
        {
            string text = $"<extra_id_{extra - 1 - i}>";
            Added.Add((new AddedToken(text), Pieces.Count));
            Pieces.Add((text, 0));
        }
    }

    private void ReadTokenizerJson(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("model", out JsonElement model) || model.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException($"'{File}' has no 'model'. Is it a tokenizer.json of the tokenizers library?");
        }

        if (!model.TryGetProperty("type", out JsonElement type) || type.ValueKind != JsonValueKind.String || type.GetString() != "Unigram")
        {
            throw new InvalidDataException($"'{File}': model.type is {type}, which is not T5's; T5's is 'Unigram'.");
        }

        if (!model.TryGetProperty("vocab", out JsonElement vocab) || vocab.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException($"'{File}' lacks model.vocab.");
        }

        foreach (JsonElement piece in vocab.EnumerateArray())
        {
            Pieces.Add(piece.ValueKind == JsonValueKind.Array && piece.GetArrayLength() == 2 && piece[0].ValueKind == JsonValueKind.String && piece[1].ValueKind == JsonValueKind.Number
                ? (piece[0].GetString()!, piece[1].GetDouble())
                : throw new InvalidDataException($"'{File}': model.vocab[{Pieces.Count}] is not a piece of text and a number."));
        }

        UnknownId = model.TryGetProperty("unk_id", out JsonElement unknown) && unknown.ValueKind == JsonValueKind.Number && unknown.TryGetInt32(out int id)
            ? id
            : throw new InvalidDataException($"'{File}' lacks model.unk_id.");
        if (root.TryGetProperty("normalizer", out JsonElement normalizer))
        {
            CharacterMap = MapOf(normalizer);
        }

        if (root.TryGetProperty("added_tokens", out JsonElement added) && added.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement token in added.EnumerateArray())
            {
                Added.Add((ClipSpecialTokens.Token(token, "added_tokens", File), ClipSpecialTokens.Id(token, "added_tokens", File)));
            }
        }
    }

    // Of a normalizer, or of the first in a sequence that has one.
    private byte[]? MapOf(JsonElement normalizer)
    {
        if (normalizer.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        if (normalizer.TryGetProperty("precompiled_charsmap", out JsonElement map) && map.ValueKind == JsonValueKind.String)
        {
            return map.TryGetBytesFromBase64(out byte[]? bytes) ? bytes : throw new InvalidDataException($"'{File}': normalizer.precompiled_charsmap is not in base 64.");
        }

        return normalizer.TryGetProperty("normalizers", out JsonElement parts) && parts.ValueKind == JsonValueKind.Array
            ? parts.EnumerateArray().Select(MapOf).FirstOrDefault(part => part is not null)
            : null;
    }
}
