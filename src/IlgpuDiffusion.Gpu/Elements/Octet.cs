namespace IlgpuDiffusion.Gpu;

/// <summary>Eight numbers in a row, in registers: what a work item of a light kernel takes at once, 16 bytes of 16-bit numbers.</summary>
internal struct Octet
{
    public float A;
    public float B;
    public float C;
    public float D;
    public float E;
    public float F;
    public float G;
    public float H;

    /// <summary>Sums.</summary>
    public static Octet operator +(Octet x, Octet y) =>
        new() { A = x.A + y.A, B = x.B + y.B, C = x.C + y.C, D = x.D + y.D, E = x.E + y.E, F = x.F + y.F, G = x.G + y.G, H = x.H + y.H };

    /// <summary>Differences.</summary>
    public static Octet operator -(Octet x, Octet y) =>
        new() { A = x.A - y.A, B = x.B - y.B, C = x.C - y.C, D = x.D - y.D, E = x.E - y.E, F = x.F - y.F, G = x.G - y.G, H = x.H - y.H };

    /// <summary>Products.</summary>
    public static Octet operator *(Octet x, Octet y) =>
        new() { A = x.A * y.A, B = x.B * y.B, C = x.C * y.C, D = x.D * y.D, E = x.E * y.E, F = x.F * y.F, G = x.G * y.G, H = x.H * y.H };

    /// <summary>All times a number.</summary>
    public static Octet operator *(Octet x, float y) =>
        new() { A = x.A * y, B = x.B * y, C = x.C * y, D = x.D * y, E = x.E * y, F = x.F * y, G = x.G * y, H = x.H * y };
}
