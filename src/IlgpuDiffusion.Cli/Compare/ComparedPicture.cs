using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Cli;

/// <summary>A picture held against its exact twin; infinite likeness is left out of JSON, and what a budget chose where none was asked for. Times are in seconds.</summary>
internal sealed record ComparedPicture(string Name, string? Policy, string? Does, int Steps, double Seconds, double ExpectedSeconds, double TimesAsFast, double? Psnr, double Ssim, double DetailError)
{
    /// <summary>The name of the exact one.</summary>
    public const string Exact = "exact";

    private static readonly ComparedPictureContext Context = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <param name="name">What was asked, as it was written.</param>
    /// <param name="explained">What it came to.</param>
    /// <param name="policy">The policy that it came to, JSON; null for exact.</param>
    /// <param name="result">Its picture.</param>
    /// <param name="exact">The exact twin.</param>
    public static ComparedPicture Of(string name, Explanation explained, string? policy, GenerationResult result, GenerationResult exact)
    {
        Image right = exact.Images[0].Image, own = result.Images[0].Image;
        double psnr = ImageMetrics.Psnr(right, own);
        return new ComparedPicture(
            name, policy, explained.Choice?.Does, explained.Steps, Math.Round(result.Times.Total.TotalSeconds, 3), Math.Round(result.Expected.Total.TotalSeconds, 3), Math.Round(exact.Times.Total / result.Times.Total, 3),
            double.IsInfinity(psnr) ? null : Math.Round(psnr, 2), Math.Round(ImageMetrics.Ssim(right, own), 4), Math.Round(ImageMetrics.HighFrequencyError(right, own), 4));
    }

    public static void WriteTable(TextWriter output, IEnumerable<ComparedPicture> pictures)
    {
        List<string[]> rows = [["", "steps", "seconds", "expected", "times as fast", "PSNR dB", "SSIM", "detail error", ""]];
        rows.AddRange(pictures.Select(p => new[]
        {
            p.Label(), p.Steps.ToString(CultureInfo.InvariantCulture), Number(p.Seconds, 2), Number(p.ExpectedSeconds, 2), Number(p.TimesAsFast, 2),
            p.Psnr is { } psnr ? Number(psnr, 1) : "same", Number(p.Ssim, 4), Number(p.DetailError, 3), p.Does ?? "",
        }));
        TextTable.Write(output, rows, "lrrrrrrrl");
    }

    /// <summary>What stands under its picture.</summary>
    public string[] Caption() =>
    [
        Label(),
        .. Does is null ? (string[])[] : [Does],
        $"{Number(Seconds, 2)} s" + (Name == Exact ? "" : $", {Number(TimesAsFast, 2)}x"),
        Name == Exact ? $"{Steps} steps" : Psnr is { } psnr ? $"{Number(psnr, 1)} dB, SSIM {Number(Ssim, 4)}" : "the same picture",
    ];

    public string Line() => JsonSerializer.Serialize(this, Context.ComparedPicture);

    /// <summary>The name, and of a policy's JSON what tells it from others.</summary>
    public string Label()
    {
        if (!Name.TrimStart().StartsWith('{'))
        {
            return Name;
        }

        using JsonDocument policy = JsonDocument.Parse(Name, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return Members(policy.RootElement.EnumerateObject().Where(member => member.Name != "version")) is { Length: > 0 } members ? members : Exact;
    }

    private static string Members(IEnumerable<JsonProperty> members) => string.Join(",", members.Select(member => $"{member.Name}:{Plain(member.Value)}"));

    private static string Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => $"{{{Members(value.EnumerateObject())}}}",
        JsonValueKind.Array => $"[{string.Join(",", value.EnumerateArray().Select(Plain))}]",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };

    private static string Number(double value, int digits) => value.ToString("F" + digits, CultureInfo.InvariantCulture);
}

[JsonSerializable(typeof(ComparedPicture))]
internal sealed partial class ComparedPictureContext : JsonSerializerContext;
