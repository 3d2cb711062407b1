namespace IlgpuDiffusion.Imaging;

/// <summary>A text chunk of a PNG file.</summary>
/// <param name="Keyword">1 to 79 latin-1 characters, such as <c>parameters</c>.</param>
/// <param name="Text">The text; stored as tEXt where latin-1 holds it, as iTXt (UTF-8) otherwise.</param>
public sealed record PngText(string Keyword, string Text);
