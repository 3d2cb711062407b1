using System.Globalization;
using System.Text;

namespace IlgpuDiffusion.Text;

/// <summary>
/// Unicode normalization form C (UAX #15). .NET's own does nothing when globalization is invariant, as it is here, so that a machine without ICU reads prompts alike.
/// </summary>
internal static class CanonicalComposition
{
    private const int HangulSyllables = 0xAC00;
    private const int HangulLead = 0x1100;
    private const int HangulVowel = 0x1161;
    private const int HangulTail = 0x11A7;
    private const int HangulVowels = 21;
    private const int HangulTails = 28;
    private const int HangulCount = 19 * HangulVowels * HangulTails;

    private static readonly Lazy<Tables> Data = new(Tables.Read);

    /// <summary>Composes a text; lone surrogates become U+FFFD.</summary>
    public static string Compose(string text)
    {
        // Everything below U+0300 is a composed starter, and nothing below it composes with its neighbour.
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u02FF'))
        {
            return text;
        }

        Tables tables = Data.Value;
        List<int> codes = new(text.Length + 8);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, tables, codes);
        }

        Reorder(codes, tables);
        ComposePairs(codes, tables);
        StringBuilder result = new(codes.Count);
        foreach (int code in codes)
        {
            result.Append(new Rune(code).ToString());
        }

        return result.ToString();
    }

    private static void Decompose(int code, Tables tables, List<int> into)
    {
        int syllable = code - HangulSyllables;
        if (syllable is >= 0 and < HangulCount)
        {
            into.Add(HangulLead + (syllable / (HangulVowels * HangulTails)));
            into.Add(HangulVowel + (syllable % (HangulVowels * HangulTails) / HangulTails));
            if (syllable % HangulTails is > 0 and int tail)
            {
                into.Add(HangulTail + tail);
            }
        }
        else if (tables.Decompositions.TryGetValue(code, out (int First, int Second) parts))
        {
            Decompose(parts.First, tables, into);
            if (parts.Second > 0)
            {
                Decompose(parts.Second, tables, into);
            }
        }
        else
        {
            into.Add(code);
        }
    }

    /// <summary>Sorts every run of combining marks by class, keeping the order of equals.</summary>
    private static void Reorder(List<int> codes, Tables tables)
    {
        for (int start = 0; start < codes.Count; start++)
        {
            int end = start;
            while (end < codes.Count && tables.Class(codes[end]) > 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                int[] sorted = [.. codes[start..end].OrderBy(tables.Class)];
                for (int i = 0; i < sorted.Length; i++)
                {
                    codes[start + i] = sorted[i];
                }
            }

            start = Math.Max(start, end - 1);
        }
    }

    /// <summary>Joins every starter with the marks after it that nothing of the same or a higher class blocks.</summary>
    private static void ComposePairs(List<int> codes, Tables tables)
    {
        int starter = -1;
        int lastClass = -1;
        int kept = 0;
        for (int i = 0; i < codes.Count; i++)
        {
            int code = codes[i];
            int @class = tables.Class(code);
            if (starter >= 0 && lastClass < @class && Pair(codes[starter], code, tables) is > 0 and int composed)
            {
                codes[starter] = composed;
                continue;
            }

            if (@class == 0)
            {
                starter = kept;
            }

            // A starter right behind the last one may compose with it (Hangul): -1 lets class 0 through; any kept mark blocks that.
            lastClass = @class == 0 ? -1 : @class;
            codes[kept++] = code;
        }

        codes.RemoveRange(kept, codes.Count - kept);
    }

    private static int Pair(int first, int second, Tables tables)
    {
        if (first - HangulLead is >= 0 and < 19 and int lead && second - HangulVowel is >= 0 and < HangulVowels and int vowel)
        {
            return HangulSyllables + (((lead * HangulVowels) + vowel) * HangulTails);
        }

        if (first - HangulSyllables is >= 0 and < HangulCount and int syllable && syllable % HangulTails == 0 && second - HangulTail is > 0 and < HangulTails and int tail)
        {
            return first + tail;
        }

        return tables.Compositions.GetValueOrDefault((first, second));
    }

    private sealed class Tables
    {
        public Dictionary<int, (int First, int Second)> Decompositions { get; } = [];

        public Dictionary<(int First, int Second), int> Compositions { get; } = [];

        private Dictionary<int, byte> Classes { get; } = [];

        public int Class(int code) => Classes.GetValueOrDefault(code);

        public static Tables Read()
        {
            Tables tables = new();
            using Stream stream = typeof(Tables).Assembly.GetManifestResourceStream("IlgpuDiffusion.Text.canonical.txt")!;
            using StreamReader reader = new(stream);
            while (reader.ReadLine() is string line)
            {
                if (!line.StartsWith('#'))
                {
                    tables.Add(line);
                }
            }

            return tables;
        }

        private void Add(ReadOnlySpan<char> line)
        {
            if (line.IndexOf('=') is > 0 and int equals)
            {
                bool once = line[equals - 1] == '*';
                int code = Hex(line[..(once ? equals - 1 : equals)]);
                ReadOnlySpan<char> parts = line[(equals + 1)..];
                int space = parts.IndexOf(' ');
                (int, int) pair = space < 0 ? (Hex(parts), 0) : (Hex(parts[..space]), Hex(parts[(space + 1)..]));
                Decompositions.Add(code, pair);
                if (!once)
                {
                    Compositions.Add(pair, code);
                }

                return;
            }

            int dash = line.IndexOf('-');
            int colon = line.IndexOf(':');
            byte @class = byte.Parse(line[(colon + 1)..], CultureInfo.InvariantCulture);
            for (int code = Hex(line[..dash]); code <= Hex(line[(dash + 1)..colon]); code++)
            {
                Classes.Add(code, @class);
            }
        }

        private static int Hex(ReadOnlySpan<char> digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
