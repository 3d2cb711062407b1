namespace IlgpuDiffusion.Cpu;

/// <summary>Ways to compute a convolution; the results differ in the last digits.</summary>
internal enum ConvolutionMethod
{
    /// <summary>Nine products an output of a 3×3 kernel.</summary>
    Direct,

    /// <summary>Winograd's F(2×2, 3×3): four.</summary>
    Winograd2,

    /// <summary>Winograd's F(4×4, 3×3): two and a quarter.</summary>
    Winograd4,

    /// <summary>Winograd's F(3×3, 2×2) in each phase of a doubled picture's convolution: one and seven ninths.</summary>
    WinogradPhases,
}
