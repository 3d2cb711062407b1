using System.Globalization;
using System.Runtime.CompilerServices;

namespace IlgpuDiffusion;

/// <summary>What is said where a requirement is not met: written only then, and with numbers as JSON and the command line take them, whatever the culture of the thread.</summary>
[InterpolatedStringHandler]
internal ref struct RequirementMessage
{
    private DefaultInterpolatedStringHandler _text;

    public RequirementMessage(int literalLength, int formattedCount, bool isMet, out bool isWanted)
    {
        isWanted = !isMet;
        _text = isMet ? default : new DefaultInterpolatedStringHandler(literalLength, formattedCount, CultureInfo.InvariantCulture);
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value, string? format = null) => _text.AppendFormatted(value, format);

    /// <summary>The message; once.</summary>
    public string Text() => _text.ToStringAndClear();
}
