namespace IlgpuDiffusion.Imaging;

/// <summary>How a new pixel is made of old ones; all but <see cref="Nearest"/> widen when shrinking, so that nothing is skipped.</summary>
internal enum ResizeFilter
{
    /// <summary>The nearest pixel, as for labels.</summary>
    Nearest,

    /// <summary>The mean of the covered area.</summary>
    Area,

    /// <summary>Linear in both directions.</summary>
    Bilinear,

    /// <summary>Cubic with a = -0.5 (Keys 1981).</summary>
    Bicubic,

    /// <summary>Windowed sinc, three lobes.</summary>
    Lanczos,
}
