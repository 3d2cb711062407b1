namespace IlgpuDiffusion.Gpu;

/// <summary>Four 32-bit words in registers: 16 bytes, eight 16-bit numbers, or a 16×16 operand of the tensor cores as one lane holds it.</summary>
internal struct U4
{
    public uint X;
    public uint Y;
    public uint Z;
    public uint W;
}

/// <summary>Four operands of 16×16: 64 rows or columns of 16.</summary>
internal struct Quad
{
    public U4 V0;
    public U4 V1;
    public U4 V2;
    public U4 V3;
}

/// <summary>Two 32-bit words: four 16-bit numbers.</summary>
internal struct U2
{
    public uint X;
    public uint Y;
}

/// <summary>Four numbers: of a row, or a 16×8 result of the tensor cores as one lane holds it (two of a row, two of the row 8 further).</summary>
internal struct F4
{
    public float X;
    public float Y;
    public float Z;
    public float W;
}

/// <summary>Two numbers of a row.</summary>
internal struct F2(float x, float y)
{
    public float X = x;
    public float Y = y;
}
