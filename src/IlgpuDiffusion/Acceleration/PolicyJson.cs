using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace IlgpuDiffusion.Acceleration;

/// <summary>Policies as JSON: <c>{"version": 1, "deepcache": {"every": 3}}</c>, a member a technique; several of one kind are an array.</summary>
internal static class PolicyJson
{
    private const string VersionName = "version";
    private const string SeedName = "seed";
    private const string StepsName = "steps";
    private const string Example = "a JSON object such as {\"version\": 1, \"deepcache\": {\"every\": 3}}";

    private static readonly JsonSerializerOptions Options = MakeOptions();

    public static AccelerationPolicy Read(string json, TechniqueCatalogue catalogue)
    {
        ArgumentNullException.ThrowIfNull(json);
        using JsonDocument document = Parse(json);
        JsonElement root = document.RootElement;
        PolicyException.Require(root.ValueKind == JsonValueKind.Object, $"A policy must be {Example}.");
        CheckVersion(root);
        ulong seed = 0;
        double steps = 1;
        List<ITechnique> techniques = [];
        foreach (JsonProperty member in root.EnumerateObject())
        {
            switch (member.Name)
            {
                case VersionName:
                    break;
                case SeedName:
                    PolicyException.Require(member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetUInt64(out seed), $"The policy's 'seed' must be a whole number from 0; it is {member.Value}.");
                    break;
                case StepsName:
                    PolicyException.Require(member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetDouble(out steps), $"The policy's 'steps' must be the share of the steps that are taken, above 0 to 1; it is {member.Value}.");
                    break;
                default:
                    Type type = catalogue.Find(member.Name) ?? throw PolicyMembers.Unknown(string.Empty, member.Name, [VersionName, SeedName, StepsName, .. catalogue.Names]);
                    techniques.AddRange(member.Value.ValueKind == JsonValueKind.Array
                        ? member.Value.EnumerateArray().Select((item, i) => ReadTechnique(item, type, $"{member.Name}[{i}]"))
                        : [ReadTechnique(member.Value, type, member.Name)]);
                    break;
            }
        }

        AccelerationPolicy policy = new(techniques) { Seed = seed, Steps = steps };
        policy.Check();
        return policy;
    }

    public static string Write(AccelerationPolicy policy)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, new JsonWriterOptions { Encoder = Options.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteNumber(VersionName, AccelerationPolicy.Version);
            if (policy.Seed != 0)
            {
                writer.WriteNumber(SeedName, policy.Seed);
            }

            if (policy.Steps != 1)
            {
                writer.WriteNumber(StepsName, policy.Steps);
            }

            foreach (IGrouping<string, ITechnique> group in policy.Techniques.GroupBy(TechniqueCatalogue.NameOf))
            {
                ITechnique[] techniques = [.. group];
                writer.WritePropertyName(group.Key);
                if (techniques.Length > 1)
                {
                    writer.WriteStartArray();
                }

                foreach (ITechnique technique in techniques)
                {
                    JsonSerializer.Serialize(writer, technique, Contract(technique.GetType()));
                }

                if (techniques.Length > 1)
                {
                    writer.WriteEndArray();
                }
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>Throws where a technique could not be written.</summary>
    public static void Check(ITechnique technique) => Contract(technique.GetType());

    private static JsonTypeInfo Contract(Type type) => Options.TryGetTypeInfo(type, out JsonTypeInfo? contract) ? contract : throw new PolicyException(
        $"The technique {type.Name} is none of the library's, and this program is built without the reflection that reads and writes it: set JsonSerializerIsReflectionEnabledByDefault to true in its project.");

    private static JsonSerializerOptions MakeOptions()
    {
        JsonSerializerOptions options = new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            RespectNullableAnnotations = true,
            AllowOutOfOrderMetadataProperties = true,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        options.TypeInfoResolver = PolicyContracts.All(options.Converters);
        return options;
    }

    private static JsonDocument Parse(string json)
    {
        try
        {
            return JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            // The serializer counts lines from 0 and says so behind its sentence.
            throw new PolicyException(string.IsNullOrWhiteSpace(json) ? $"The policy is empty; it must be {Example}." : $"The policy is not valid JSON{(e.LineNumber is { } line ? $" (line {line + 1})" : "")}: {e.Message.Split(" LineNumber:")[0]}", e);
        }
    }

    private static void CheckVersion(JsonElement root)
    {
        int version = 0;
        PolicyException.Require(
            root.TryGetProperty(VersionName, out JsonElement element) && element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out version) && version >= 1,
            $"The policy must say the version of its form: \"version\": {AccelerationPolicy.Version}.");
        PolicyException.Require(version <= AccelerationPolicy.Version, $"The policy is of version {version}, and this program knows version {AccelerationPolicy.Version} only. Take a newer program, or write the policy in the older form.");
    }

    private static ITechnique ReadTechnique(JsonElement element, Type type, string path)
    {
        PolicyMembers.Check(element, Contract(type), path);
        try
        {
            return (ITechnique)element.Deserialize(Contract(type))!;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            string at = e is JsonException { Path: { Length: > 1 } inner } ? path + inner[1..] : path;
            throw new PolicyException($"The policy's '{at}' cannot be read: a value is of the wrong kind.", e);
        }
    }
}
