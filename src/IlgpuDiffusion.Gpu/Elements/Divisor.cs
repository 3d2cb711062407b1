namespace IlgpuDiffusion.Gpu;

/// <summary>
/// A number that kernels divide by: n / d = (n · multiplier) >> shift for 0 ≤ n &lt; 2³¹, since a GPU has no instruction for division
/// (Granlund and Montgomery 1994).
/// </summary>
internal struct Divisor
{
    private uint _multiplier;
    private int _shift;

    /// <summary>For a number of 1 or more.</summary>
    public static Divisor Of(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        int bits = 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)number - 1);
        ulong power = 1UL << (31 + bits);
        return new Divisor { _multiplier = (uint)((power + (uint)number - 1) / (uint)number), _shift = 31 + bits };
    }

    /// <summary>The quotient, rounded down.</summary>
    public readonly int Divide(int n) => (int)(((ulong)(uint)n * _multiplier) >> _shift);
}
