using System.Globalization;
using System.Text;

namespace IlgpuDiffusion.Text;

/// <summary>
/// Cuts a normalized text into the words that byte pairs are merged within: English contractions, runs of letters, single digits, runs of anything else.
/// White space only separates. A hand scanner of the reference's two patterns, linear in the length.
/// </summary>
internal static class ClipWords
{
    private static readonly string[] Contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private static readonly (string Whole, int Name)[] Literals = [("<|startoftext|>", 11), ("<|endoftext|>", 9)];

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    public static void Split(string text, List<Range> words)
    {
        int at = 0;
        while (at < text.Length)
        {
            if (Literal(text, at) is > 0 and int name)
            {
                // The first pattern takes the special token's text as one word; the second, GPT-2's, cuts it into "<|", the name and "|>".
                words.Add(at..(at + 2));
                words.Add((at + 2)..(at + 2 + name));
                words.Add((at + 2 + name)..(at + 4 + name));
                at += 4 + name;
                continue;
            }

            int end = at + Contraction(text, at);
            if (end == at)
            {
                Kind kind = KindAt(text, at, out int width);
                end = at + width;
                while (kind is Kind.Letter or Kind.Other && end < text.Length && KindAt(text, end, out width) == kind)
                {
                    end += width;
                }

                if (kind == Kind.Space)
                {
                    at = end;
                    continue;
                }
            }

            words.Add(at..end);
            at = end;
        }
    }

    private static int Literal(string text, int at)
    {
        foreach ((string whole, int name) in Literals)
        {
            if (string.CompareOrdinal(text, at, whole, 0, whole.Length) == 0)
            {
                return name;
            }
        }

        return 0;
    }

    private static int Contraction(string text, int at)
    {
        if (text[at] == '\'')
        {
            foreach (string ending in Contractions)
            {
                if (string.CompareOrdinal(text, at, ending, 0, ending.Length) == 0)
                {
                    return ending.Length;
                }
            }
        }

        return 0;
    }

    private static Kind KindAt(string text, int at, out int width)
    {
        Rune.DecodeFromUtf16(text.AsSpan(at), out Rune rune, out width);
        return Rune.IsWhiteSpace(rune) ? Kind.Space : Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
