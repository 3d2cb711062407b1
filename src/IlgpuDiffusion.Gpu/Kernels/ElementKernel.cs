using ILGPU;

namespace IlgpuDiffusion.Gpu.Kernels;

/// <summary>A function of up to five numbers and two constants, as a type argument.</summary>
internal interface IElementMap
{
    /// <summary>How many numbers it takes; the others hold the first.</summary>
    static abstract int Arity { get; }

    static abstract float Of(float a, float b, float c, float d, float e, float p, float q);
}

/// <summary>One function of all elements of broadcast operands.</summary>
internal static class ElementKernel
{
    [Kernel(typeof(ActivationMap<Identity>))]
    [Kernel(typeof(ActivationMap<Silu>))]
    [Kernel(typeof(ActivationMap<Gelu>))]
    [Kernel(typeof(ActivationMap<QuickGelu>))]
    [Kernel(typeof(AffineMap))]
    public static void Run1<TMap>(ElementParameters at, ArrayView<float> a, ArrayView<float> y)
        where TMap : struct, IElementMap
        => Run<TMap>(at, a, a, a, a, a, y);

    [Kernel(typeof(AddMap))]
    [Kernel(typeof(SubtractMap))]
    [Kernel(typeof(MultiplyMap))]
    [Kernel(typeof(DivideMap))]
    [Kernel(typeof(GatedMap<Identity>))]
    [Kernel(typeof(GatedMap<Silu>))]
    [Kernel(typeof(GatedMap<Gelu>))]
    [Kernel(typeof(GatedMap<QuickGelu>))]
    public static void Run2<TMap>(ElementParameters at, ArrayView<float> a, ArrayView<float> b, ArrayView<float> y)
        where TMap : struct, IElementMap
        => Run<TMap>(at, a, b, a, a, a, y);

    [Kernel(typeof(ScaleShiftMap<Identity>))]
    [Kernel(typeof(ScaleShiftMap<Silu>))]
    [Kernel(typeof(ScaleShiftMap<Gelu>))]
    [Kernel(typeof(ScaleShiftMap<QuickGelu>))]
    public static void Run3<TMap>(ElementParameters at, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> y)
        where TMap : struct, IElementMap
        => Run<TMap>(at, a, b, c, a, a, y);

    [Kernel(typeof(NormalizeMap))]
    public static void Run5<TMap>(ElementParameters at, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> d, ArrayView<float> e, ArrayView<float> y)
        where TMap : struct, IElementMap
        => Run<TMap>(at, a, b, c, d, e, y);

    private static void Run<TMap>(ElementParameters at, ArrayView<float> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> d, ArrayView<float> e, ArrayView<float> y)
        where TMap : struct, IElementMap
    {
        int item = WorkItem.Index;
        if (item >= at.Walk.Items)
        {
            return;
        }

        int lines = at.Walk.ByRuns.Divide(item);
        int start = (item - (lines * at.Walk.RunsPerLine)) * at.Walk.Run;
        int end = Math.Min(at.Walk.Length, start + at.Walk.Run);
        int last = Math.Min(at.Walk.Count, (lines + 1) * at.Walk.Lines);
        for (int line = lines * at.Walk.Lines; line < last; line++)
        {
            int rest = at.Walk.ByWidth.Divide(line);
            int column = line - (rest * at.Walk.Width);
            int image = at.Walk.ByHeight.Divide(rest);
            int row = rest - (image * at.Walk.Height);
            int startA = at.A.Start(image, row, column);
            int startB = TMap.Arity > 1 ? at.B.Start(image, row, column) : 0;
            int startC = TMap.Arity > 2 ? at.C.Start(image, row, column) : 0;
            int startD = TMap.Arity > 3 ? at.D.Start(image, row, column) : 0;
            int startE = TMap.Arity > 3 ? at.E.Start(image, row, column) : 0;
            int startY = at.Y.Start(image, row, column);
            for (int i = start; i < end; i++)
            {
                float x = a[startA + (i * at.A.Element)];
                y[startY + i] = TMap.Of(
                    x,
                    TMap.Arity > 1 ? b[startB + (i * at.B.Element)] : x,
                    TMap.Arity > 2 ? c[startC + (i * at.C.Element)] : x,
                    TMap.Arity > 3 ? d[startD + (i * at.D.Element)] : x,
                    TMap.Arity > 3 ? e[startE + (i * at.E.Element)] : x,
                    at.P,
                    at.Q);
            }
        }
    }
}

/// <summary>Where the operands of an elementwise function lie, and its constants.</summary>
internal struct ElementParameters
{
    public Walk Walk;
    public Steps A;
    public Steps B;
    public Steps C;
    public Steps D;
    public Steps E;
    public Steps Y;
    public float P;
    public float Q;
}
