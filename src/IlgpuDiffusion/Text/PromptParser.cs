using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Text;

/// <summary>
/// The attention grammar of stable-diffusion-webui: <c>(a)</c> weighs 1.1 times, <c>[a]</c> 1/1.1, <c>(a:1.3)</c> 1.3; brackets nest; a backslash makes a bracket literal; BREAK ends a chunk.
/// Brackets left open weigh to the end, those closed too often are text.
/// </summary>
internal static class PromptParser
{
    private static readonly SearchValues<char> Marks = SearchValues.Create("\\()[]:");

    private const double Round = 1.1;

    private const double Square = 1 / 1.1;

    /// <summary>Cuts a prompt into parts of one weight each; at least one.</summary>
    /// <exception cref="FormatException">A weight such as <c>:1.2.3)</c> is not a number.</exception>
    public static IReadOnlyList<PromptPart> Parse(string prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        List<PromptPart> parts = [];
        Stack<int> round = [];
        Stack<int> square = [];
        int at = 0;
        while (at < prompt.Length)
        {
            int start = at;
            switch (prompt[at++])
            {
                case '\\':
                    at += at < prompt.Length && prompt[at] is '(' or ')' or '[' or ']' or '\\' ? 1 : 0;
                    parts.Add(new PromptPart(prompt[(start + 1)..at], 1));
                    break;
                case '(':
                    round.Push(parts.Count);
                    break;
                case '[':
                    square.Push(parts.Count);
                    break;
                case ')' when round.Count > 0:
                    Weigh(parts, round.Pop(), Round);
                    break;
                case ']' when square.Count > 0:
                    Weigh(parts, square.Pop(), Square);
                    break;
                case ':':
                    int end = WeightEnd(prompt, at, out Range number);
                    at = Math.Max(at, end);
                    if (end > 0 && round.Count > 0)
                    {
                        Weigh(parts, round.Pop(), Number(prompt[number], prompt[start..end], start));
                        break;
                    }

                    AddText(parts, prompt[start..at]);
                    break;
                case ')' or ']':
                    AddText(parts, prompt[start..at]);
                    break;
                default:
                    int plain = prompt.AsSpan(at).IndexOfAny(Marks);
                    at = plain < 0 ? prompt.Length : at + plain;
                    AddText(parts, prompt[start..at]);
                    break;
            }
        }

        foreach (int open in round.Reverse())
        {
            Weigh(parts, open, Round);
        }

        foreach (int open in square.Reverse())
        {
            Weigh(parts, open, Square);
        }

        return parts.Count == 0 ? [new PromptPart("", 1)] : Join(parts);
    }

    private static void Weigh(List<PromptPart> parts, int from, double weight)
    {
        foreach (ref PromptPart part in CollectionsMarshal.AsSpan(parts)[from..])
        {
            part = part with { Weight = part.Weight * weight };
        }
    }

    private static void AddText(List<PromptPart> parts, string text)
    {
        bool first = true;
        foreach (Range piece in PromptBreaks.Split(text))
        {
            if (!first)
            {
                parts.Add(new PromptPart("BREAK", -1));
            }

            parts.Add(new PromptPart(text[piece], 1));
            first = false;
        }
    }

    /// <summary>The end of <c>: number )</c> whose colon stands before <paramref name="at"/>; 0 if there is none.</summary>
    private static int WeightEnd(string text, int at, out Range number)
    {
        at = PromptBreaks.SkipSpace(text, at);
        int start = at;
        at += at < text.Length && text[at] is '+' or '-' ? 1 : 0;
        int digits = at;
        while (at < text.Length && (text[at] == '.' || char.IsDigit(text[at])))
        {
            at++;
        }

        number = start..at;
        int close = PromptBreaks.SkipSpace(text, at);
        return at > digits && close < text.Length && text[close] == ')' ? close + 1 : 0;
    }

    private static double Number(string number, string shown, int at)
    {
        // Digits of any script count, as in the reference.
        string ascii = string.Concat(number.Select(c => char.IsDigit(c) ? (char)('0' + (int)char.GetNumericValue(c)) : c));
        return double.TryParse(ascii, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double weight)
            ? weight
            : throw new FormatException($"The weight '{shown}' at character {at + 1} of the prompt is not a number. Write it as (text:1.2), or \\(text{shown[..^1]}\\) for literal brackets.");
    }

    private static List<PromptPart> Join(List<PromptPart> parts)
    {
        List<PromptPart> joined = [];
        int start = 0;
        for (int i = 1; i <= parts.Count; i++)
        {
            if (i == parts.Count || parts[i].Weight != parts[start].Weight)
            {
                joined.Add(new PromptPart(string.Concat(parts[start..i].Select(part => part.Text)), parts[start].Weight));
                start = i;
            }
        }

        return joined;
    }
}
