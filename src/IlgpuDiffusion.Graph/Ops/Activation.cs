namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>A function of one number.</summary>
internal enum Activation
{
    /// <summary>x.</summary>
    None,

    /// <summary>x / (1 + exp(−x)).</summary>
    Silu,

    /// <summary>x · Φ(x), with the error function (Hendrycks and Gimpel 2016).</summary>
    Gelu,

    /// <summary>x / (1 + exp(−1.702 x)), CLIP's approximation.</summary>
    QuickGelu,

    /// <summary>x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), the approximation that T5 and transformers for diffusion were trained with.</summary>
    GeluTanh,

    /// <summary>max(x, 0).</summary>
    Relu,
}
