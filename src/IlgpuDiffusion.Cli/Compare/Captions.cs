using IlgpuDiffusion.Imaging;

namespace IlgpuDiffusion.Cli;

/// <summary>
/// Lines of text under pictures, in the fixed font 7x13 of the X Window System (public domain; 95 glyphs of ASCII in a row). The libraries that draw text with fonts of the system bring native code, and
/// need fonts that servers do not have.
/// </summary>
internal static class Captions
{
    private const int GlyphWidth = 7;
    private const int GlyphHeight = 13;
    private const char First = ' ';
    private const char Last = '~';

    // Pixels of a picture's width for each pixel of the font.
    private const int WidthOfPoint = 256;

    private static readonly Lazy<Image> Font = new(() =>
    {
        using Stream stream = typeof(Captions).Assembly.GetManifestResourceStream("IlgpuDiffusion.Cli.caption-font.png")!;
        return PngReader.Decode(PngReader.ReadBytes(stream), "caption-font.png").Image;
    });

    /// <summary>How high so many lines are under pictures of a width.</summary>
    public static int Height(int lines, int width) => lines * (GlyphHeight + 1) * Scale(width);

    /// <summary>Lines as they fit a width: what does not goes on in the next, behind a comma or a space where there is one.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="width">The pixels that a line may take.</param>
    public static IReadOnlyList<string> Wrap(IEnumerable<string> lines, int width)
    {
        int most = Math.Max(1, width / (GlyphWidth * Scale(width)));
        List<string> wrapped = [];
        foreach (string line in lines)
        {
            string rest = line;
            while (rest.Length > most)
            {
                int end = rest.AsSpan(0, most).LastIndexOfAny(',', ' ') + 1;
                end = end > 0 ? end : most;
                wrapped.Add(rest[..end].TrimEnd());
                rest = rest[end..];
            }

            wrapped.Add(rest);
        }

        return wrapped;
    }

    /// <summary>Writes lines in black.</summary>
    /// <param name="sheet">Onto what.</param>
    /// <param name="lines">The lines, which fit.</param>
    /// <param name="left">Their left edge.</param>
    /// <param name="top">The first one's upper edge.</param>
    /// <param name="width">The pixels of the picture above.</param>
    public static void Write(Image sheet, IReadOnlyList<string> lines, int left, int top, int width)
    {
        int scale = Scale(width);
        for (int l = 0; l < lines.Count; l++)
        {
            for (int c = 0; c < lines[l].Length; c++)
            {
                Glyph(sheet, lines[l][c], left + (c * GlyphWidth * scale), top + Height(l, width), scale);
            }
        }
    }

    private static int Scale(int width) => Math.Max(1, width / WidthOfPoint / 2);

    private static void Glyph(Image sheet, char sign, int left, int top, int scale)
    {
        Image font = Font.Value;
        int from = ((sign is >= First and <= Last ? sign : '?') - First) * GlyphWidth;
        for (int y = 0; y < GlyphHeight * scale; y++)
        {
            for (int x = 0; x < GlyphWidth * scale; x++)
            {
                if (font.Pixels[3 * (((y / scale) * font.Width) + from + (x / scale))] > 127)
                {
                    sheet.Pixels.AsSpan(3 * (((top + y) * sheet.Width) + left + x), 3).Clear();
                }
            }
        }
    }
}
