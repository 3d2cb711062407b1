using System.Globalization;
using System.Text.Json;

namespace IlgpuDiffusion.Text;

/// <summary>
/// The special tokens that a tokenizer's folder declares. As the reference reads them: special_tokens_map.json goes before tokenizer_config.json unless that lists its
/// added tokens by id; of several declarations of one text the last counts; one that is only a string is looked for in the text as written.
/// </summary>
internal sealed class ClipSpecialTokens
{
    public const string StartOfText = "<|startoftext|>";
    public const string EndOfText = "<|endoftext|>";

    // The order in which the reference adds them, so that a later declaration of the same text counts.
    private static readonly string[] Roles = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    private readonly Dictionary<string, string> _roles = new(StringComparer.Ordinal) { ["bos_token"] = StartOfText, ["eos_token"] = EndOfText, ["unk_token"] = EndOfText, ["pad_token"] = EndOfText };

    public string Begin => _roles["bos_token"];

    public string End => _roles["eos_token"];

    public string Unknown => _roles["unk_token"];

    public string Pad => _roles["pad_token"];

    /// <summary>Every added token by its text, with its id where the files state one.</summary>
    public Dictionary<string, (AddedToken Token, int? Id)> Added { get; } = new(StringComparer.Ordinal);

    /// <summary>Those of OpenAI's CLIP, as its published configurations declare them.</summary>
    /// <param name="pad">The token that fills up.</param>
    public static ClipSpecialTokens OpenAi(string pad)
    {
        ClipSpecialTokens result = new();
        result.Added[StartOfText] = (new AddedToken(StartOfText) { Normalized = true }, null);
        result.Added[EndOfText] = (new AddedToken(EndOfText), null);
        result._roles["pad_token"] = pad;
        result.Added.TryAdd(pad, (new AddedToken(pad), null));
        return result;
    }

    public static ClipSpecialTokens Read(string folder, ClipVocabulary vocabulary)
    {
        ClipSpecialTokens result = new();
        foreach ((AddedToken token, int id) in vocabulary.Added)
        {
            result.Added[token.Content] = (token, id);
        }

        HashSet<string> listed = [.. result.Added.Keys];
        string config = Path.Combine(folder, "tokenizer_config.json");
        string map = Path.Combine(folder, "special_tokens_map.json");
        using JsonDocument? first = ReadObject(config);
        using JsonDocument? second = ReadObject(map);
        bool byId = first is not null && first.RootElement.TryGetProperty("added_tokens_decoder", out JsonElement decoder) && result.ReadDecoder(decoder, config, listed);
        result.ReadAddedTokensFile(Path.Combine(folder, "added_tokens.json"));
        result.ReadRoles(first, config, byId ? null : second, map, listed);
        return result;
    }

    /// <summary>An added token as the files write it: its text alone, or an object with flags.</summary>
    public static AddedToken Token(JsonElement token, string key, string file) => token.ValueKind switch
    {
        JsonValueKind.String => new AddedToken(token.GetString()!),
        JsonValueKind.Object when token.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String => new AddedToken(content.GetString()!)
        {
            Normalized = Flag(token, "normalized"),
            SingleWord = Flag(token, "single_word"),
            StripLeft = Flag(token, "lstrip"),
            StripRight = Flag(token, "rstrip"),
        },
        _ => throw new InvalidDataException($"'{file}': {key} is neither a text nor an object with a text 'content'."),
    };

    public static int Id(JsonElement token, string key, string file) =>
        token.ValueKind == JsonValueKind.Object && token.TryGetProperty("id", out JsonElement id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out int value) && value is >= 0 and <= ClipVocabulary.MostId
            ? value
            : throw new InvalidDataException($"'{file}': an entry of {key} has no whole 'id' from 0 to {ClipVocabulary.MostId}.");

    private static bool Flag(JsonElement token, string name) => token.TryGetProperty(name, out JsonElement flag) && flag.ValueKind == JsonValueKind.True;

    private static JsonDocument? ReadObject(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        JsonDocument json = ClipVocabulary.ReadJson(path);
        if (json.RootElement.ValueKind == JsonValueKind.Object)
        {
            return json;
        }

        json.Dispose();
        throw new InvalidDataException($"'{path}' should hold a JSON object.");
    }

    private bool ReadDecoder(JsonElement decoder, string file, HashSet<string> listed)
    {
        if (decoder.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        foreach (JsonProperty entry in decoder.EnumerateObject())
        {
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id > ClipVocabulary.MostId)
            {
                throw new InvalidDataException($"'{file}': the key '{entry.Name}' of added_tokens_decoder is not an id.");
            }

            AddedToken token = Token(entry.Value, $"added_tokens_decoder.{entry.Name}", file);
            Added[token.Content] = (token, id);
            listed.Add(token.Content);
        }

        return true;
    }

    private void ReadAddedTokensFile(string path)
    {
        using JsonDocument? json = ReadObject(path);
        if (json is not null)
        {
            foreach (JsonProperty entry in json.RootElement.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out int id) || id is < 0 or > ClipVocabulary.MostId)
                {
                    throw new InvalidDataException($"'{path}': the id of '{entry.Name}' is not a whole number from 0 to {ClipVocabulary.MostId}.");
                }

                Added.TryAdd(entry.Name, (new AddedToken(entry.Name) { Normalized = true }, id));
            }
        }
    }

    private void ReadRoles(JsonDocument? first, string firstFile, JsonDocument? second, string secondFile, HashSet<string> listed)
    {
        foreach (string role in Roles)
        {
            AddedToken? token = _roles.TryGetValue(role, out string? standard) ? new AddedToken(standard) : null;
            foreach ((JsonDocument? json, string file) in new[] { (first, firstFile), (second, secondFile) })
            {
                if (json is not null && json.RootElement.TryGetProperty(role, out JsonElement value) && value.ValueKind != JsonValueKind.Null)
                {
                    token = Token(value, role, file);
                }
            }

            if (token is not null && token.Content.Length > 0)
            {
                _roles[role] = token.Content;
                if (!listed.Contains(token.Content))
                {
                    Added[token.Content] = (token, Added.TryGetValue(token.Content, out (AddedToken Token, int? Id) known) ? known.Id : null);
                }
            }
        }
    }
}
