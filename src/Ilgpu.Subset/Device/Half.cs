using System.Runtime.InteropServices;
using Exact = System.Half;

namespace ILGPU;

/// <summary>A 16-bit number; every operation rounds to nearest, ties to even.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct Half : IEquatable<Half>
{
    public static readonly Half Zero;
    public static readonly Half One = (Half)1.0f;
    public static readonly Half MaxValue = (Half)65504.0f;

    internal Half(ushort rawValue)
    {
        RawValue = rawValue;
    }

    internal ushort RawValue { get; }

    public static implicit operator float(Half halfValue) => (float)BitConverter.UInt16BitsToHalf(halfValue.RawValue);

    public static explicit operator Half(float floatValue) => new(BitConverter.HalfToUInt16Bits((Exact)floatValue));

    public static explicit operator Half(int intValue) => (Half)(float)intValue;

    public static Half operator -(Half halfValue) => new((ushort)(halfValue.RawValue ^ 0x8000));

    public static Half operator +(Half first, Half second) => (Half)((float)first + second);

    public static Half operator -(Half first, Half second) => (Half)((float)first - second);

    public static Half operator *(Half first, Half second) => (Half)((float)first * second);

    public static Half operator /(Half first, Half second) => (Half)((float)first / second);

    public static bool operator ==(Half first, Half second) => (float)first == second;

    public static bool operator !=(Half first, Half second) => (float)first != second;

    public static bool operator <(Half first, Half second) => (float)first < second;

    public static bool operator <=(Half first, Half second) => (float)first <= second;

    public static bool operator >(Half first, Half second) => (float)first > second;

    public static bool operator >=(Half first, Half second) => (float)first >= second;

    public bool Equals(Half other) => this == other;

    public override bool Equals(object? obj) => obj is Half other && Equals(other);

    public override int GetHashCode() => RawValue;

    public override string ToString() => ((float)this).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
