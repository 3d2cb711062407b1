using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Text;

/// <summary>A LoRA that a prompt names.</summary>
/// <param name="Name">Its file's name without extension.</param>
/// <param name="Weight">How strongly the denoiser is changed.</param>
/// <param name="TextWeight">How strongly the text encoders are.</param>
internal sealed record LoraTag(string Name, double Weight, double TextWeight);

/// <summary>LoRAs in prompts, as stable-diffusion-webui writes them: <c>&lt;lora:name&gt;</c>, <c>&lt;lora:name:0.8&gt;</c>, and with another weight for the text encoders in front: <c>&lt;lora:name:0.5:0.8&gt;</c>.</summary>
internal static partial class LoraTags
{
    /// <summary>A prompt without its tags, and the LoRAs that they name.</summary>
    /// <exception cref="FormatException">A weight is not a number.</exception>
    public static (string Prompt, IReadOnlyList<LoraTag> Tags) Read(string prompt)
    {
        LoraTag[] tags = [.. Tag().Matches(prompt).Select(match =>
        {
            double first = Weight(match, 2) ?? 1;
            return Weight(match, 3) is { } second ? new LoraTag(match.Groups[1].Value.Trim(), second, first) : new LoraTag(match.Groups[1].Value.Trim(), first, first);
        })];
        return (tags.Length == 0 ? prompt : Tag().Replace(prompt, ""), tags);
    }

    private static double? Weight(Match match, int group) => !match.Groups[group].Success ? null
        : double.TryParse(match.Groups[group].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double weight) && double.IsFinite(weight) ? weight
        : throw new FormatException($"'{match.Value}': '{match.Groups[group].Value}' is not a number. A LoRA is written <lora:name:0.8>.");

    [GeneratedRegex(@"<(?:lora|lyco):([^:>]+)(?::([^:>]*))?(?::([^:>]*))?>", RegexOptions.IgnoreCase)]
    private static partial Regex Tag();
}
