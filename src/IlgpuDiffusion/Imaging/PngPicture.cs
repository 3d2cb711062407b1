namespace IlgpuDiffusion.Imaging;

/// <summary>What a PNG file holds: pixels, their opacity where the file has one, and its text chunks in file order.</summary>
/// <param name="Image">The colours, not yet laid over anything.</param>
/// <param name="Alpha">Opacity, [height, width], 255 is opaque; null when the file has none.</param>
/// <param name="Text">tEXt, zTXt and iTXt chunks.</param>
internal sealed record PngPicture(Image Image, byte[]? Alpha, IReadOnlyList<PngText> Text)
{
    /// <summary>Lays the picture over a grey background.</summary>
    /// <param name="background">The background's value, 255 is white.</param>
    public Image Flatten(byte background = 255)
    {
        if (Alpha is null)
        {
            return Image;
        }

        Image flat = new(Image.Width, Image.Height);
        for (int i = 0; i < flat.Pixels.Length; i++)
        {
            int alpha = Alpha[i / 3];
            flat.Pixels[i] = (byte)(((Image.Pixels[i] * alpha) + (background * (255 - alpha)) + 127) / 255);
        }

        return flat;
    }

    /// <summary>The text of the last chunk with this keyword, or null.</summary>
    /// <param name="keyword">The keyword, compared exactly.</param>
    public string? Find(string keyword) => Text.LastOrDefault(t => t.Keyword == keyword)?.Text;
}
