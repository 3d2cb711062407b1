using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>A number of 16 bits that tensor cores multiply.</summary>
internal interface INumber16
{
    /// <summary>Whether it is bfloat16 rather than IEEE's half.</summary>
    static abstract bool IsBFloat { get; }

    /// <summary>The number in the lower half of a word.</summary>
    static abstract float Low(uint word);

    /// <summary>The number in the upper half of a word.</summary>
    static abstract float High(uint word);

    /// <summary>Two numbers, rounded to nearest, in a word.</summary>
    static abstract uint Pack(float low, float high);
}

/// <summary>bfloat16: the upper half of a float.</summary>
internal struct BFloat16 : INumber16
{
    public static bool IsBFloat => true;

    public static float Low(uint word) => Interop.IntAsFloat(word << 16);

    public static float High(uint word) => Interop.IntAsFloat(word & 0xffff0000u);

    public static uint Pack(float low, float high) => Round(low) | (Round(high) << 16);

    private static uint Round(float x)
    {
        uint bits = Interop.FloatAsInt(x);
        return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    }
}

/// <summary>IEEE's 16-bit number.</summary>
internal struct Float16 : INumber16
{
    public static bool IsBFloat => false;

    public static float Low(uint word) => Interop.IntAsFloat((ushort)(word & 0xffffu));

    public static float High(uint word) => Interop.IntAsFloat((ushort)(word >> 16));

    // By integer steps: ILGPU's CPU accelerator does not round to nearest.
    public static uint Pack(float low, float high) => Float16Format.Narrow(low) | ((uint)Float16Format.Narrow(high) << 16);
}
