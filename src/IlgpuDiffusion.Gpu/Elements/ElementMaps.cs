namespace IlgpuDiffusion.Gpu;

/// <summary>f(a).</summary>
internal struct ActivationMap<TActivation> : IElementMap
    where TActivation : struct, IActivation
{
    public static int Arity => 1;

    public static bool OfRows => false;

    public static float Of(float a, float b, float c, float d, float e, float p, float q) => TActivation.Of(a);
}

/// <summary>a · p + q.</summary>
internal struct AffineMap : IElementMap
{
    public static int Arity => 1;

    public static bool OfRows => false;

    public static float Of(float a, float b, float c, float d, float e, float p, float q) => (a * p) + q;
}

/// <summary>a + b.</summary>
internal struct AddMap : IElementMap
{
    public static int Arity => 2;

    public static bool OfRows => false;

    public static float Of(float a, float b, float c, float d, float e, float p, float q) => a + b;
}

/// <summary>a − b.</summary>
internal struct SubtractMap : IElementMap
{
    public static int Arity => 2;

    public static bool OfRows => false;

    public static float Of(float a, float b, float c, float d, float e, float p, float q) => a - b;
}

/// <summary>a · b.</summary>
internal struct MultiplyMap : IElementMap
{
    public static int Arity => 2;

    public static bool OfRows => false;

    public static float Of(float a, float b, float c, float d, float e, float p, float q) => a * b;
}

/// <summary>a / b.</summary>
internal struct DivideMap : IElementMap
{
    public static int Arity => 2;

    public static bool OfRows => false;

    public static float Of(float a, float b, float c, float d, float e, float p, float q) => a / b;
}

/// <summary>a · f(b).</summary>
internal struct GatedMap<TActivation> : IElementMap
    where TActivation : struct, IActivation
{
    public static int Arity => 2;

    public static bool OfRows => false;

    public static float Of(float a, float b, float c, float d, float e, float p, float q) => a * TActivation.Of(b);
}

/// <summary>f(a · b + c).</summary>
internal struct ScaleShiftMap<TActivation> : IElementMap
    where TActivation : struct, IActivation
{
    public static int Arity => 3;

    public static bool OfRows => false;

    public static float Of(float a, float b, float c, float d, float e, float p, float q) => TActivation.Of((a * b) + c);
}

/// <summary>(a − b) · c · d + e.</summary>
internal struct NormalizeMap : IElementMap
{
    public static int Arity => 5;

    public static bool OfRows => true;

    public static float Of(float a, float b, float c, float d, float e, float p, float q) => ((a - b) * c * d) + e;
}
