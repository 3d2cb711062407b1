namespace IlgpuDiffusion.Acceleration;

/// <summary>How a grid is resampled; each as torch's <c>interpolate</c> does it.</summary>
public enum GridMethod
{
    /// <summary>The point at ⌊i · s⌋, s being the old size over the new one.</summary>
    Nearest,

    /// <summary>The point at ⌊(i + ½) · s⌋: the middle one of those that it stands for.</summary>
    NearestExact,

    /// <summary>Between the two points around (i + ½) · s − ½, without regard to those further away.</summary>
    Bilinear,

    /// <summary>The mean of all points from ⌊i · s⌋ to ⌈(i + 1) · s⌉.</summary>
    Average,

    /// <summary>A cubic through the four points around (i + ½) · s − ½ (Keys 1981, a = −¾).</summary>
    Bicubic,
}
