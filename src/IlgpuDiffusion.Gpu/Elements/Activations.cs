namespace IlgpuDiffusion.Gpu;

/// <summary>A function of one number, as a type argument.</summary>
internal interface IActivation
{
    static abstract float Of(float x);
}

/// <summary>x.</summary>
internal struct Identity : IActivation
{
    public static float Of(float x) => x;
}

/// <summary>SiLU.</summary>
internal struct Silu : IActivation
{
    public static float Of(float x) => DeviceMath.SigmoidProduct(x, x * -DeviceMath.Log2E);
}

/// <summary>GELU with the error function.</summary>
internal struct Gelu : IActivation
{
    public static float Of(float x) => DeviceMath.Gelu(x);
}

/// <summary>CLIP's GELU.</summary>
internal struct QuickGelu : IActivation
{
    public static float Of(float x) => DeviceMath.SigmoidProduct(x, x * (-1.702f * DeviceMath.Log2E));
}

/// <summary>ReLU; NaN stays.</summary>
internal struct Relu : IActivation
{
    public static float Of(float x) => x < 0f ? 0f : x;
}

/// <summary>GELU with the hyperbolic tangent.</summary>
internal struct GeluTanh : IActivation
{
    public static float Of(float x) => DeviceMath.SigmoidProduct(x, DeviceMath.GeluTanhExponent(x));
}
