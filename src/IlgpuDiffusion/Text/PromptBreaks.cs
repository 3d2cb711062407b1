using System.Globalization;
using System.Text;

namespace IlgpuDiffusion.Text;

/// <summary>Cuts a text at every word BREAK, with the white space around it; words and white space as Python's regular expressions have them.</summary>
internal static class PromptBreaks
{
    private const string Word = "BREAK";

    /// <summary>The pieces between breaks: one more than there are breaks.</summary>
    public static List<Range> Split(string text)
    {
        List<Range> pieces = [];
        int piece = 0;
        int from = 0;
        while (text.IndexOf(Word, from, StringComparison.Ordinal) is >= 0 and int at)
        {
            from = at + Word.Length;
            if (EndsInWord(text.AsSpan(0, at)) || StartsWithWord(text.AsSpan(from)))
            {
                continue;
            }

            int before = at;
            while (before > piece && IsSpace(text[before - 1]))
            {
                before--;
            }

            pieces.Add(piece..before);
            piece = from = SkipSpace(text, from);
        }

        pieces.Add(piece..text.Length);
        return pieces;
    }

    public static int SkipSpace(string text, int at)
    {
        while (at < text.Length && IsSpace(text[at]))
        {
            at++;
        }

        return at;
    }

    // Python counts the four separators of ASCII as white space.
    private static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1C' and <= '\x1F';

    private static bool EndsInWord(ReadOnlySpan<char> text) => Rune.DecodeLastFromUtf16(text, out Rune rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    private static bool StartsWithWord(ReadOnlySpan<char> text) => Rune.DecodeFromUtf16(text, out Rune rune, out _) == System.Buffers.OperationStatus.Done && IsWord(rune);

    private static bool IsWord(Rune rune) => rune.Value == '_' || Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.OtherLetter
        or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;
}
