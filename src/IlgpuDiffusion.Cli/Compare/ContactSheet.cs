using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Cli;

/// <summary>Pictures of one size in a table, and what they differ by.</summary>
internal static class ContactSheet
{
    private const int Gap = 6;

    // Differences of a few steps of 255 are to be seen.
    private const int Amplified = 8;

    /// <summary>Rows of pictures on white; all have one size.</summary>
    /// <param name="captions">Lines under the pictures of the first row; none for none.</param>
    /// <param name="rows">The rows.</param>
    public static Image Of(IReadOnlyList<IReadOnlyList<string>> captions, params IReadOnlyList<IReadOnlyList<Image>> rows)
    {
        int width = rows[0][0].Width, height = rows[0][0].Height, columns = rows.Max(row => row.Count);
        IReadOnlyList<string>[] texts = [.. captions.Select(lines => Captions.Wrap(lines, width))];
        int text = texts.Length == 0 ? 0 : Captions.Height(texts.Max(lines => lines.Count), width);
        Image sheet = new((columns * (width + Gap)) + Gap, (rows.Count * (height + Gap)) + Gap + text);
        sheet.Pixels.AsSpan().Fill(255);
        for (int r = 0; r < rows.Count; r++)
        {
            for (int c = 0; c < rows[r].Count; c++)
            {
                int left = Gap + (c * (width + Gap)), top = Gap + (r * (height + Gap)) + (r > 0 ? text : 0);
                Lay(sheet, rows[r][c], left, top);
                if (r == 0 && c < texts.Length)
                {
                    Captions.Write(sheet, texts[c], left, top + height + 1, width);
                }
            }
        }

        return sheet;
    }

    /// <summary>How far two pictures are apart: grey where they are equal, lighter or darker by eight times what they differ by.</summary>
    public static Image Difference(Image a, Image b)
    {
        Image difference = new(a.Width, a.Height);
        for (int i = 0; i < difference.Pixels.Length; i++)
        {
            difference.Pixels[i] = (byte)Math.Clamp(128 + (Amplified * (b.Pixels[i] - a.Pixels[i])), 0, 255);
        }

        return difference;
    }

    private static void Lay(Image sheet, Image picture, int left, int top)
    {
        for (int y = 0; y < picture.Height; y++)
        {
            picture.Pixels.AsSpan(3 * y * picture.Width, 3 * picture.Width).CopyTo(sheet.Pixels.AsSpan(3 * (((top + y) * sheet.Width) + left)));
        }
    }
}
