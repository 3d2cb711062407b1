namespace IlgpuDiffusion.Gpu;

/// <summary>What a warp holds of 16 columns of K: 64 rows of the left operand, up to 64 of the right one.</summary>
internal struct Fragments
{
    public Quad A;
    public Quad B;
}
