using System.Globalization;
using System.Text.RegularExpressions;

namespace IlgpuDiffusion;

/// <summary>The size of a picture, in pixels. As text <c>1024x768</c>.</summary>
/// <param name="Width">From left to right.</param>
/// <param name="Height">From top to bottom.</param>
public readonly partial record struct PixelSize(int Width, int Height)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Width}x{Height}");

    internal static PixelSize? Parse(string text) => PixelOffset.Parse(Form().Match(text)) is (int width, int height) ? new(width, height) : null;

    [GeneratedRegex("""^(\d{1,9})\s*[xX]\s*(\d{1,9})$""")]
    private static partial Regex Form();
}

/// <summary>A place in a picture, in pixels. As text <c>16,32</c>, as diffusers has it.</summary>
/// <param name="Top">From the upper edge.</param>
/// <param name="Left">From the left edge.</param>
public readonly partial record struct PixelOffset(int Top, int Left)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Top},{Left}");

    internal static PixelOffset? Parse(string text) => Parse(Form().Match(text)) is (int top, int left) ? new(top, left) : null;

    internal static (int First, int Second)? Parse(Match match) => match.Success
        ? (int.Parse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture), int.Parse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture))
        : null;

    [GeneratedRegex("""^(\d{1,9})\s*,\s*(\d{1,9})$""")]
    private static partial Regex Form();
}
