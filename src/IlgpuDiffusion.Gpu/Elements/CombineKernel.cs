using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>y ← Σ cᵢ · xᵢ: a sampler's move. In f64, rounded once; more than five terms go in several launches that carry the f64 sum.</summary>
internal static class CombineKernel
{
    /// <summary>Terms of one launch.</summary>
    public const int Terms = 5;

    [Kernel]
    public static void Run(
        CombineParameters p,
        ArrayView<float> y,
        ArrayView<double> carry,
        ArrayView<float> x0,
        ArrayView<float> x1,
        ArrayView<float> x2,
        ArrayView<float> x3,
        ArrayView<float> x4)
    {
        int start = WorkItem.Index * p.Grain;
        int end = Math.Min(p.Count, start + p.Grain);
        for (int i = start; i < end; i++)
        {
            double sum = p.First == 1 ? 0 : carry[i];
            sum = p.Terms > 0 ? sum + (p.C0 * x0[i]) : sum;
            sum = p.Terms > 1 ? sum + (p.C1 * x1[i]) : sum;
            sum = p.Terms > 2 ? sum + (p.C2 * x2[i]) : sum;
            sum = p.Terms > 3 ? sum + (p.C3 * x3[i]) : sum;
            sum = p.Terms > 4 ? sum + (p.C4 * x4[i]) : sum;
            if (p.Last == 1)
            {
                y[i] = (float)sum;
            }
            else
            {
                carry[i] = sum;
            }
        }
    }
}

/// <summary>The factors of a launch's terms, and whether it is the first and the last of its sum.</summary>
internal struct CombineParameters
{
    public double C0;
    public double C1;
    public double C2;
    public double C3;
    public double C4;
    public int Terms;
    public int Count;
    public int Grain;
    public int First;
    public int Last;
}
