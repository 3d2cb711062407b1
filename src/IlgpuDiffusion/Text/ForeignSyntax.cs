using System.Text.RegularExpressions;

namespace IlgpuDiffusion.Text;

/// <summary>What prompts mean elsewhere (stable-diffusion-webui, ComfyUI), and what becomes of it here.</summary>
internal static partial class ForeignSyntax
{
    /// <summary>A sentence for each kind that the prompt has, with what it has of it.</summary>
    /// <param name="setting">The prompt's name, for the sentence.</param>
    /// <param name="prompt">The prompt.</param>
    public static IEnumerable<string> Warnings(string setting, string prompt)
    {
        foreach ((Regex pattern, string what) in ((Regex, string)[])
        [
            (ExtraNetwork(), "an extra network that is no LoRA and not loaded; it is read as plain words"),
            (Editing(), "prompt editing, as in stable-diffusion-webui: the text changes while the picture is painted"),
            (Alternation(), "alternation, as in stable-diffusion-webui: the text changes at every step"),
            (And(), "a composition of prompts (AND), which is not followed; it is read as plain words"),
        ])
        {
            string[] found = [.. pattern.Matches(prompt).Select(match => match.Value.Trim()).Distinct()];
            if (found.Length > 0)
            {
                yield return $"The {setting} has {string.Join(", ", found.Take(3).Select(text => $"'{(text.Length > 40 ? text[..40] + "…" : text)}'"))}{(found.Length > 3 ? " …" : string.Empty)}: {what}.";
            }
        }
    }

    // As stable-diffusion-webui finds them: <name:arguments>; LoRAs are read by LoraTags.
    [GeneratedRegex(@"<(?!lora:|lyco:)\w+:[^>]+>", RegexOptions.IgnoreCase)]
    private static partial Regex ExtraNetwork();

    // [from:to:when], [to:when], [from::when]; a backslash makes a bracket literal.
    [GeneratedRegex(@"(?<!\\)\[(?:\\.|[^\\\[\]])*:\s*\d*\.?\d+\s*\]")]
    private static partial Regex Editing();

    [GeneratedRegex(@"(?<!\\)\[(?:\\.|[^\\\[\]])*\|(?:\\.|[^\\\[\]])*\]")]
    private static partial Regex Alternation();

    [GeneratedRegex(@"\bAND\b")]
    private static partial Regex And();
}
