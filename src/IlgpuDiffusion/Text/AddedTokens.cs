using System.Buffers;
using System.Text;

namespace IlgpuDiffusion.Text;

/// <summary>Finds added tokens in a text: leftmost first, of those the longest.</summary>
internal sealed class AddedTokens
{
    private readonly (string Text, int Id, AddedToken Token)[] _tokens;

    private readonly SearchValues<char> _firsts;

    public AddedTokens(IEnumerable<(string Text, int Id, AddedToken Token)> tokens)
    {
        _tokens = [.. tokens.Where(token => token.Text.Length > 0).OrderByDescending(token => token.Text.Length)];
        _firsts = SearchValues.Create([.. _tokens.Select(token => token.Text[0]).Distinct()]);
    }

    /// <summary>The tokens.</summary>
    public IEnumerable<(string Text, int Id, AddedToken Token)> All => _tokens;

    /// <summary>Cuts a text into ranges; those of plain text have a negative id.</summary>
    public IEnumerable<(int Id, Range Where)> Split(string text)
    {
        int plain = 0;
        int at = 0;
        while (Find(text, at) is (int start, (string found, int id, AddedToken token)))
        {
            int end = start + found.Length;
            at = end;
            if (token.SingleWord && (InWord(text.AsSpan(0, start), last: true) || InWord(text.AsSpan(end), last: false)))
            {
                continue;
            }

            while (token.StripLeft && start > plain && char.IsWhiteSpace(text[start - 1]))
            {
                start--;
            }

            while (token.StripRight && end < text.Length && char.IsWhiteSpace(text[end]))
            {
                end++;
            }

            if (start > plain)
            {
                yield return (-1, plain..start);
            }

            yield return (id, start..end);
            plain = end;
            at = Math.Max(at, end);
        }

        if (plain < text.Length)
        {
            yield return (-1, plain..text.Length);
        }
    }

    private (int Start, (string Text, int Id, AddedToken Token) Found)? Find(string text, int from)
    {
        while (text.AsSpan(from).IndexOfAny(_firsts) is >= 0 and int offset)
        {
            from += offset;
            foreach ((string Text, int Id, AddedToken Token) token in _tokens)
            {
                if (string.CompareOrdinal(text, from, token.Text, 0, token.Text.Length) == 0)
                {
                    return (from, token);
                }
            }

            from++;
        }

        return null;
    }

    private static bool InWord(ReadOnlySpan<char> side, bool last)
    {
        if (side.IsEmpty)
        {
            return false;
        }

        Rune rune;
        _ = last ? Rune.DecodeLastFromUtf16(side, out rune, out _) : Rune.DecodeFromUtf16(side, out rune, out _);
        return Rune.IsLetterOrDigit(rune) || rune.Value == '_';
    }
}
