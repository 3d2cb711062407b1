using System.Globalization;

namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>Numbers as PTX writes them: 0f and eight digits a single, 0d and sixteen a double, integers in decimal.</summary>
internal static class PtxNumber
{
    public static bool TryRead(string text, out ulong bits)
    {
        bits = 0;
        if (text.StartsWith("0f", StringComparison.OrdinalIgnoreCase) && text.Length == 10)
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out bits);
        }

        if (text.StartsWith("0d", StringComparison.OrdinalIgnoreCase) && text.Length == 18)
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out bits);
        }

        bool reads = Int128.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out Int128 number);
        bits = (ulong)(number & ulong.MaxValue);
        return reads && number >= long.MinValue && number <= ulong.MaxValue;
    }

    /// <summary>Whether a literal may stand where a type is wanted.</summary>
    public static bool Fits(string literal, PtxType type)
    {
        bool single = literal.StartsWith("0f", StringComparison.OrdinalIgnoreCase), wide = literal.StartsWith("0d", StringComparison.OrdinalIgnoreCase);
        if (single || wide)
        {
            return type.Kind is 'f' or 'b' && type.Bits == (wide ? 64 : 32);
        }

        return type.Kind != 'f' && Int128.Parse(literal, CultureInfo.InvariantCulture) is var number && number >= -(Int128.One << (type.Bits - 1)) && number < Int128.One << type.Bits;
    }
}
