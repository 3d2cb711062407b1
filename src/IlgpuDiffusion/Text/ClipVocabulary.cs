using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace IlgpuDiffusion.Text;

/// <summary>The symbols and merges of a byte-pair vocabulary, from vocab.json and merges.txt or from tokenizer.json.</summary>
internal sealed class ClipVocabulary
{
    /// <summary>The largest id that a token may have, above those of all vocabularies.</summary>
    public const int MostId = 1 << 24;

    /// <summary>Symbols of <see cref="OpenAi"/>.</summary>
    public const int OpenAiSize = 49408;

    private readonly string _file;

    private ClipVocabulary(string file) => _file = file;

    public Dictionary<string, int> Ids { get; } = new(StringComparer.Ordinal);

    /// <summary>Rank and result of every pair of symbols.</summary>
    public Dictionary<(int Left, int Right), (int Rank, int Merged)> Merges { get; } = [];

    /// <summary>Added tokens that the file itself lists, which only tokenizer.json does.</summary>
    public List<(AddedToken Token, int Id)> Added { get; } = [];

    public static ClipVocabulary Read(string folder)
    {
        string vocabulary = Path.Combine(folder, "vocab.json");
        string merges = Path.Combine(folder, "merges.txt");
        string whole = Path.Combine(folder, "tokenizer.json");
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"There is no tokenizer folder '{folder}'. A CLIP tokenizer is a folder with vocab.json and merges.txt, or tokenizer.json.");
        }

        if (File.Exists(vocabulary) && File.Exists(merges))
        {
            ClipVocabulary result = new(vocabulary);
            result.ReadSymbols(File.ReadAllBytes(vocabulary));
            result.ReadMerges(merges);
            return result;
        }

        if (File.Exists(whole))
        {
            ClipVocabulary result = new(whole);
            result.ReadTokenizerJson();
            return result;
        }

        string missing = File.Exists(vocabulary) ? merges : vocabulary;
        throw new FileNotFoundException($"The tokenizer folder '{folder}' lacks {Path.GetFileName(missing)}, and has no tokenizer.json in its place. Copy vocab.json and merges.txt from the model's 'tokenizer' folder.", missing);
    }

    /// <summary>
    /// The vocabulary of OpenAI's CLIP (Radford et al. 2021; MIT licence, copyright 2021 OpenAI), which every published text encoder of CLIP reads: its merges are in the assembly,
    /// and its symbols are the bytes, the bytes at the end of a word, what the merges make, and two special tokens.
    /// </summary>
    public static ClipVocabulary OpenAi()
    {
        const string Resource = "IlgpuDiffusion.Text.clip-merges.txt.br";
        ClipVocabulary result = new("CLIP's own vocabulary");
        string[] bytes = [.. BytePairs.Symbols().OrderBy(symbol => symbol[0] > byte.MaxValue).ThenBy(symbol => symbol[0])];
        foreach (string symbol in bytes.Concat(bytes.Select(symbol => symbol + BytePairs.WordEnd)))
        {
            result.Ids.Add(symbol, result.Ids.Count);
        }

        using StreamReader reader = new(new BrotliStream(typeof(ClipVocabulary).Assembly.GetManifestResourceStream(Resource)!, CompressionMode.Decompress), Encoding.UTF8);
        _ = reader.ReadLine();
        while (reader.ReadLine() is { Length: > 0 } line)
        {
            // A few merges make a symbol again that an earlier one made.
            result.Ids.TryAdd(line.Replace(" ", "", StringComparison.Ordinal), result.Ids.Count);
            result.AddMerge(line, Resource);
        }

        result.Ids.Add(ClipSpecialTokens.StartOfText, result.Ids.Count);
        result.Ids.Add(ClipSpecialTokens.EndOfText, result.Ids.Count);
        return result;
    }

    /// <summary>A file's JSON, or an error that names the file and the line.</summary>
    public static JsonDocument ReadJson(string path)
    {
        try
        {
            byte[] file = File.ReadAllBytes(path);
            return JsonDocument.Parse(file.AsMemory(file.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0));
        }
        catch (JsonException error)
        {
            throw NotJson(path, error);
        }
    }

    private void ReadSymbols(byte[] file)
    {
        ReadOnlySpan<byte> json = file.AsSpan().StartsWith("\uFEFF"u8) ? file.AsSpan(3) : file;
        Utf8JsonReader reader = new(json);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw Bad(json, reader.TokenStartIndex, "expected an object of symbols and ids");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                string symbol = reader.GetString()!;
                if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out int id) || id is < 0 or > MostId)
                {
                    throw Bad(json, reader.TokenStartIndex, $"the id of '{symbol}' is not a whole number from 0 to {MostId}");
                }

                if (!Ids.TryAdd(symbol, id))
                {
                    throw Bad(json, reader.TokenStartIndex, $"the symbol '{symbol}' stands twice");
                }
            }

            // Reading to the end finds what stands behind the object.
            while (reader.Read())
            {
            }
        }
        catch (JsonException error)
        {
            throw NotJson(_file, error);
        }

        Check();
    }

    private void ReadMerges(string path)
    {
        int line = 0;
        foreach (string text in File.ReadLines(path, Encoding.UTF8))
        {
            line++;
            if (text.Length > 0 && !(line == 1 && text.StartsWith("#version", StringComparison.Ordinal)))
            {
                AddMerge(text, $"'{path}', line {line}");
            }
        }

        if (Merges.Count == 0)
        {
            throw new InvalidDataException($"'{path}' holds no merges. It should have one pair of symbols a line.");
        }
    }

    private void ReadTokenizerJson()
    {
        using JsonDocument json = ReadJson(_file);
        if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("model", out JsonElement model) || model.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException($"'{_file}' has no 'model'. Is it a tokenizer.json of the tokenizers library?");
        }

        if (model.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String && type.GetString() != "BPE")
        {
            throw new InvalidDataException($"'{_file}': model.type is '{type.GetString()}', which is not CLIP's; CLIP's is 'BPE'.");
        }

        if (!model.TryGetProperty("vocab", out JsonElement symbols) || symbols.ValueKind != JsonValueKind.Object || !model.TryGetProperty("merges", out JsonElement merges) || merges.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException($"'{_file}' lacks model.vocab or model.merges.");
        }

        foreach (JsonProperty symbol in symbols.EnumerateObject())
        {
            Ids[symbol.Name] = symbol.Value.ValueKind == JsonValueKind.Number && symbol.Value.TryGetInt32(out int id) && id is >= 0 and <= MostId
                ? id
                : throw new InvalidDataException($"'{_file}': the id of '{symbol.Name}' in model.vocab is not a whole number from 0 to {MostId}.");
        }

        Check();
        int index = 0;
        foreach (JsonElement merge in merges.EnumerateArray())
        {
            string where = $"'{_file}', model.merges[{index++}]";
            AddMerge(
                merge.ValueKind switch
                {
                    JsonValueKind.String => merge.GetString()!,
                    JsonValueKind.Array => string.Join(' ', merge.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.String ? part.GetString() : "")),
                    _ => "",
                },
                where);
        }

        if (json.RootElement.TryGetProperty("added_tokens", out JsonElement added) && added.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement token in added.EnumerateArray())
            {
                Added.Add((ClipSpecialTokens.Token(token, "added_tokens", _file), ClipSpecialTokens.Id(token, "added_tokens", _file)));
            }
        }
    }

    private void AddMerge(string text, string where)
    {
        int space = text.IndexOf(' ');
        if (space <= 0 || space == text.Length - 1 || text.IndexOf(' ', space + 1) >= 0)
        {
            throw new InvalidDataException($"{where}: '{Short(text)}' is not two symbols with one space between them.");
        }

        int left = Symbol(text[..space], where);
        int right = Symbol(text[(space + 1)..], where);
        int merged = Symbol(string.Concat(text.AsSpan(0, space), text.AsSpan(space + 1)), where);
        Merges.TryAdd((left, right), (Merges.Count, merged));
    }

    private int Symbol(string symbol, string where) => Ids.TryGetValue(symbol, out int id)
        ? id
        : throw new InvalidDataException($"{where}: the symbol '{Short(symbol)}' is not in '{_file}'. The merges and the vocabulary are not of one tokenizer.");

    private void Check()
    {
        if (Ids.Count == 0)
        {
            throw new InvalidDataException($"'{_file}' holds no symbols.");
        }

        Dictionary<int, string> seen = new(Ids.Count);
        foreach ((string symbol, int id) in Ids)
        {
            if (!seen.TryAdd(id, symbol))
            {
                throw new InvalidDataException($"'{_file}': the symbols '{seen[id]}' and '{symbol}' have the same id {id}.");
            }
        }
    }

    private InvalidDataException Bad(ReadOnlySpan<byte> json, long at, string what) =>
        new($"'{_file}', line {json[..(int)at].Count((byte)'\n') + 1}: {what}.");

    private static InvalidDataException NotJson(string path, JsonException error) =>
        new($"'{path}', line {(error.LineNumber ?? 0) + 1}: not valid JSON (byte {error.BytePositionInLine ?? 0} of the line). The file may be cut short; copy it again.", error);

    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
