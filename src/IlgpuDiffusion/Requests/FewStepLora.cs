using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Requests;

/// <summary>LoRAs that distil a model to few steps, as they are published, told by their names: no file says what it is for. With usual steps and guidance they burn the picture.</summary>
internal static partial class FewStepLora
{
    private const double MostGuidance = 2;
    private const int Usual = 4;

    /// <summary>A sentence about steps or guidance that such a LoRA was not made for, or null.</summary>
    /// <param name="name">The LoRA's name.</param>
    /// <param name="steps">The steps.</param>
    /// <param name="guidance">The guidance of two branches; 1 for none.</param>
    /// <param name="sampler">The sampler's label.</param>
    public static string? Warning(string name, int steps, double guidance, string sampler)
    {
        string[] words = [.. Words().Split(name.ToLowerInvariant()).Where(word => word.Length > 0)];
        int? said = Steps().Match(name) is { Success: true } match && int.TryParse(match.Groups[1].ValueSpan, out int number) && number is > 0 and <= 16 ? number : null;
        string? own = words.Contains("tcd") || (words.Contains("hyper") && said == 1) ? "TCD" : words.Contains("lcm") || words.Contains("dmd2") ? "LCM" : null;
        if (own is null && said is null)
        {
            return null;
        }

        int made = said ?? Usual;
        return steps <= 2 * made && guidance <= MostGuidance ? null : FormattableString.Invariant(
            $"The LoRA '{name}' is by its name one that distils a model to few steps; {steps} steps with a guidance (cfg scale) of {guidance} will burn the picture. Take {made} step{(made == 1 ? "" : "s")}{(guidance > 1 ? " and a guidance of 1" : "")}{(own is { } one && one != sampler ? $" with the sampler {one}" : own is null ? ", and the sampler that its authors name" : "")}.");
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex Words();

    [GeneratedRegex("([0-9]+)[-_ ]?steps?(?![a-z])", RegexOptions.IgnoreCase)]
    private static partial Regex Steps();
}
