using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>The softmax of a lane's two rows of 64 scores; the four lanes of a row exchange what they find.</summary>
internal static class ScoreRows
{
    private const float Hidden = float.NegativeInfinity;

    /// <summary>Hides the scores of the upper and the lower row from columns on, counted from the lane's first.</summary>
    public static Row64 Hide(Row64 s, int upper, int lower)
    {
        s.C0 = Hide(s.C0, 0, upper, lower);
        s.C1 = Hide(s.C1, 8, upper, lower);
        s.C2 = Hide(s.C2, 16, upper, lower);
        s.C3 = Hide(s.C3, 24, upper, lower);
        s.C4 = Hide(s.C4, 32, upper, lower);
        s.C5 = Hide(s.C5, 40, upper, lower);
        s.C6 = Hide(s.C6, 48, upper, lower);
        s.C7 = Hide(s.C7, 56, upper, lower);
        return s;
    }

    /// <summary>The largest scores of the upper and the lower row, or those given.</summary>
    public static F2 Largest(Row64 s, F2 m)
    {
        m = Larger(Larger(Larger(Larger(m, s.C0), s.C1), s.C2), s.C3);
        m = Larger(Larger(Larger(Larger(m, s.C4), s.C5), s.C6), s.C7);
        m = new(MathF.Max(m.X, Warp.ShuffleXor(m.X, 1)), MathF.Max(m.Y, Warp.ShuffleXor(m.Y, 1)));
        return new(MathF.Max(m.X, Warp.ShuffleXor(m.X, 2)), MathF.Max(m.Y, Warp.ShuffleXor(m.Y, 2)));
    }

    /// <summary>2^(score · scale − m).</summary>
    public static Row64 Weights<T>(Row64 s, float scale, F2 m)
        where T : struct, ITensorCores
    {
        s.C0 = Weight<T>(s.C0, scale, m);
        s.C1 = Weight<T>(s.C1, scale, m);
        s.C2 = Weight<T>(s.C2, scale, m);
        s.C3 = Weight<T>(s.C3, scale, m);
        s.C4 = Weight<T>(s.C4, scale, m);
        s.C5 = Weight<T>(s.C5, scale, m);
        s.C6 = Weight<T>(s.C6, scale, m);
        s.C7 = Weight<T>(s.C7, scale, m);
        return s;
    }

    /// <summary>A lane's sums of the upper and the lower row.</summary>
    public static F2 Sum(Row64 s) => new(
        s.C0.X + s.C0.Y + (s.C1.X + s.C1.Y) + (s.C2.X + s.C2.Y) + (s.C3.X + s.C3.Y) + (s.C4.X + s.C4.Y) + (s.C5.X + s.C5.Y) + (s.C6.X + s.C6.Y) + (s.C7.X + s.C7.Y),
        s.C0.Z + s.C0.W + (s.C1.Z + s.C1.W) + (s.C2.Z + s.C2.W) + (s.C3.Z + s.C3.W) + (s.C4.Z + s.C4.W) + (s.C5.Z + s.C5.W) + (s.C6.Z + s.C6.W) + (s.C7.Z + s.C7.W));

    /// <summary>A sum over the four lanes of a row.</summary>
    public static float OfLanes(float x)
    {
        x += Warp.ShuffleXor(x, 1);
        return x + Warp.ShuffleXor(x, 2);
    }

    /// <summary>As a left operand: sums of 16×8 lie in lanes as operands of 16×8 do.</summary>
    public static Quad Packed<T>(Row64 s)
        where T : struct, ITensorCores =>
        new() { V0 = Packed<T>(s.C0, s.C1), V1 = Packed<T>(s.C2, s.C3), V2 = Packed<T>(s.C4, s.C5), V3 = Packed<T>(s.C6, s.C7) };

    private static U4 Packed<T>(F4 a, F4 b)
        where T : struct, ITensorCores =>
        new() { X = T.Pack(a.X, a.Y), Y = T.Pack(a.Z, a.W), Z = T.Pack(b.X, b.Y), W = T.Pack(b.Z, b.W) };

    private static F4 Hide(F4 s, int column, int upper, int lower) => new()
    {
        X = column < upper ? s.X : Hidden,
        Y = column + 1 < upper ? s.Y : Hidden,
        Z = column < lower ? s.Z : Hidden,
        W = column + 1 < lower ? s.W : Hidden,
    };

    private static F2 Larger(F2 m, F4 s) => new(MathF.Max(m.X, MathF.Max(s.X, s.Y)), MathF.Max(m.Y, MathF.Max(s.Z, s.W)));

    private static F4 Weight<T>(F4 s, float scale, F2 m)
        where T : struct, ITensorCores =>
        new() { X = T.Exp2((s.X * scale) - m.X), Y = T.Exp2((s.Y * scale) - m.X), Z = T.Exp2((s.Z * scale) - m.Y), W = T.Exp2((s.W * scale) - m.Y) };
}
