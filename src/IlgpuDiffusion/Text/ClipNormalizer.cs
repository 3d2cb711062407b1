using System.Text;

namespace IlgpuDiffusion.Text;

/// <summary>What CLIP's tokenizer does to a text first: canonical composition, runs of white space to one space, lower case.</summary>
internal static class ClipNormalizer
{
    public static string Normalize(string text)
    {
        string composed = CanonicalComposition.Compose(text);
        StringBuilder result = new(composed.Length);
        bool space = false;
        foreach (Rune rune in composed.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
            {
                if (!space)
                {
                    result.Append(' ');
                }

                space = true;
                continue;
            }

            space = false;
            if (rune.Value == 0x130)
            {
                // The one character whose lower case is two, which .NET's simple mapping leaves alone.
                result.Append("i\u0307");
            }
            else if (rune.IsAscii)
            {
                result.Append(char.ToLowerInvariant((char)rune.Value));
            }
            else
            {
                result.Append(Rune.ToLowerInvariant(rune).ToString());
            }
        }

        return result.ToString();
    }
}
