using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Cli;

/// <summary>A finished picture as <c>--json</c> prints it, one line each. Times are in seconds.</summary>
internal sealed record PictureJson(
    string? File, ulong Seed, string Prompt, string NegativePrompt, int Width, int Height, int? Steps, string? Sampler, string? Scheduler, double? CfgScale, string? Model, string Device,
    double Seconds, double ExpectedSeconds, double TextSeconds, double DenoisingSeconds, double DecodingSeconds, string Parameters)
{
    // One line for each picture; characters as they are.
    private static readonly PictureJsonContext Context = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static string Line(string? file, GeneratedImage picture, GenerationTimes times, TimeSpan all, double expected, string device)
    {
        GenerationMetadata m = picture.Metadata;
        return JsonSerializer.Serialize(
            new PictureJson(
                file, picture.Seed, m.Prompt, m.NegativePrompt, picture.Image.Width, picture.Image.Height, m.Steps, m.Sampler, m.ScheduleType, m.CfgScale, m.Model, device,
                Rounded(all), Math.Round(expected, 3), Rounded(times.Text), Rounded(times.Denoising), Rounded(times.Decoding), picture.Parameters),
            Context.PictureJson);
    }

    private static double Rounded(TimeSpan time) => Math.Round(time.TotalSeconds, 3);
}

[JsonSerializable(typeof(PictureJson))]
internal sealed partial class PictureJsonContext : JsonSerializerContext;
