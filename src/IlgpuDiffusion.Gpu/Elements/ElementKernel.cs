using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>A function of up to five numbers and two constants, as a type argument.</summary>
internal interface IElementMap
{
    /// <summary>How many numbers it takes; the others hold the first.</summary>
    static abstract int Arity { get; }

    /// <summary>Whether the second and third are the same all along a line, as a row's statistics are.</summary>
    static abstract bool OfRows { get; }

    static abstract float Of(float a, float b, float c, float d, float e, float p, float q);
}

/// <summary>
/// One function of all elements of broadcast operands. Values, and a second operand of two, have the storage type; tables of scales,
/// shifts and statistics are single precision. An item takes eight elements of a line at a time.
/// </summary>
internal static class ElementKernel
{
    [Kernel(typeof(ActivationMap<Identity>), EveryFormat = true)]
    [Kernel(typeof(ActivationMap<Silu>), EveryFormat = true)]
    [Kernel(typeof(ActivationMap<Gelu>), EveryFormat = true)]
    [Kernel(typeof(ActivationMap<QuickGelu>), EveryFormat = true)]
    [Kernel(typeof(ActivationMap<GeluTanh>), EveryFormat = true)]
    [Kernel(typeof(ActivationMap<Relu>), EveryFormat = true)]
    [Kernel(typeof(AffineMap), EveryFormat = true)]
    public static void Run1<TMap, TElement, TFormat>(ElementParameters at, ArrayView<TElement> a, ArrayView<TElement> y)
        where TMap : struct, IElementMap
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
        => Run<TMap, TElement, TFormat, TElement, TFormat>(at, a, a, a, a, a, y);

    [Kernel(typeof(AddMap), EveryFormat = true)]
    [Kernel(typeof(SubtractMap), EveryFormat = true)]
    [Kernel(typeof(MultiplyMap), EveryFormat = true)]
    [Kernel(typeof(DivideMap), EveryFormat = true)]
    [Kernel(typeof(GatedMap<Identity>), EveryFormat = true)]
    [Kernel(typeof(GatedMap<Silu>), EveryFormat = true)]
    [Kernel(typeof(GatedMap<Gelu>), EveryFormat = true)]
    [Kernel(typeof(GatedMap<QuickGelu>), EveryFormat = true)]
    [Kernel(typeof(GatedMap<GeluTanh>), EveryFormat = true)]
    [Kernel(typeof(GatedMap<Relu>), EveryFormat = true)]
    public static void Run2<TMap, TElement, TFormat>(ElementParameters at, ArrayView<TElement> a, ArrayView<TElement> b, ArrayView<TElement> y)
        where TMap : struct, IElementMap
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
        => Run<TMap, TElement, TFormat, TElement, TFormat>(at, a, b, b, b, b, y);

    [Kernel(typeof(ScaleShiftMap<Identity>), EveryFormat = true)]
    [Kernel(typeof(ScaleShiftMap<Silu>), EveryFormat = true)]
    [Kernel(typeof(ScaleShiftMap<Gelu>), EveryFormat = true)]
    [Kernel(typeof(ScaleShiftMap<QuickGelu>), EveryFormat = true)]
    [Kernel(typeof(ScaleShiftMap<GeluTanh>), EveryFormat = true)]
    [Kernel(typeof(ScaleShiftMap<Relu>), EveryFormat = true)]
    public static void Run3<TMap, TElement, TFormat>(ElementParameters at, ArrayView<TElement> a, ArrayView<float> b, ArrayView<float> c, ArrayView<TElement> y)
        where TMap : struct, IElementMap
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
        => Run<TMap, TElement, TFormat, float, Float32Format>(at, a, b, c, b, b, y);

    [Kernel(typeof(NormalizeMap), EveryFormat = true)]
    public static void Run5<TMap, TElement, TFormat>(ElementParameters at, ArrayView<TElement> a, ArrayView<float> b, ArrayView<float> c, ArrayView<float> d, ArrayView<float> e, ArrayView<TElement> y)
        where TMap : struct, IElementMap
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
        => Run<TMap, TElement, TFormat, float, Float32Format>(at, a, b, c, d, e, y);

    private static void Run<TMap, TElement, TFormat, TOther, TOtherFormat>(
        ElementParameters at, ArrayView<TElement> a, ArrayView<TOther> b, ArrayView<TOther> c, ArrayView<TOther> d, ArrayView<TOther> e, ArrayView<TElement> y)
        where TMap : struct, IElementMap
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
        where TOther : unmanaged
        where TOtherFormat : struct, IElementFormat<TOther>
    {
        int item = WorkItem.Index;
        if (item >= at.Walk.Runs.Items)
        {
            return;
        }

        LineRun run = at.Walk.Runs.At(item);
        for (int line = run.First; line < run.Until; line++)
        {
            LinePoint point = at.Walk.At(line);
            int startA = at.A.Start(point);
            int startB = TMap.Arity > 1 ? at.B.Start(point) : 0;
            int startC = TMap.Arity > 2 ? at.C.Start(point) : 0;
            int startD = TMap.Arity > 3 ? at.D.Start(point) : 0;
            int startE = TMap.Arity > 3 ? at.E.Start(point) : 0;
            int startY = at.Y.Start(point);
            for (int i = run.Start; i < run.End; i += Octets.Size)
            {
                int last = Math.Min(at.Walk.Runs.Length - i, Octets.Size) - 1;
                if (at.Plain != 0 && last == Octets.Size - 1)
                {
                    // No branch between the reads, so that all are under way at once.
                    Octet whole = TFormat.LoadEight(a, startA + i);
                    TFormat.StoreEight(y, startY + i, Map<TMap>(
                        whole,
                        TMap.Arity > 1 ? TMap.OfRows ? Octets.All(TOtherFormat.Widen(b[startB])) : TOtherFormat.LoadEight(b, startB + i) : whole,
                        TMap.Arity > 2 ? TMap.OfRows ? Octets.All(TOtherFormat.Widen(c[startC])) : TOtherFormat.LoadEight(c, startC + i) : whole,
                        TMap.Arity > 3 ? TOtherFormat.LoadEight(d, startD + i) : whole,
                        TMap.Arity > 3 ? TOtherFormat.LoadEight(e, startE + i) : whole,
                        at.P,
                        at.Q));
                    continue;
                }

                Octet x = Octets.Load<TElement, TFormat>(a, startA, i, last, at.A.Way);
                Octet result = Map<TMap>(
                    x,
                    TMap.Arity > 1 ? Octets.Load<TOther, TOtherFormat>(b, startB, i, last, at.B.Way) : x,
                    TMap.Arity > 2 ? Octets.Load<TOther, TOtherFormat>(c, startC, i, last, at.C.Way) : x,
                    TMap.Arity > 3 ? Octets.Load<TOther, TOtherFormat>(d, startD, i, last, at.D.Way) : x,
                    TMap.Arity > 3 ? Octets.Load<TOther, TOtherFormat>(e, startE, i, last, at.E.Way) : x,
                    at.P,
                    at.Q);
                Octets.Store<TElement, TFormat>(y, startY + i, last, at.Y.Way, result);
            }
        }
    }

    private static Octet Map<TMap>(Octet a, Octet b, Octet c, Octet d, Octet e, float p, float q)
        where TMap : struct, IElementMap => new()
        {
            A = TMap.Of(a.A, b.A, c.A, d.A, e.A, p, q),
            B = TMap.Of(a.B, b.B, c.B, d.B, e.B, p, q),
            C = TMap.Of(a.C, b.C, c.C, d.C, e.C, p, q),
            D = TMap.Of(a.D, b.D, c.D, d.D, e.D, p, q),
            E = TMap.Of(a.E, b.E, c.E, d.E, e.E, p, q),
            F = TMap.Of(a.F, b.F, c.F, d.F, e.F, p, q),
            G = TMap.Of(a.G, b.G, c.G, d.G, e.G, p, q),
            H = TMap.Of(a.H, b.H, c.H, d.H, e.H, p, q),
        };
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

    /// <summary>Whether all operands may be read eight elements at a time, but those that are the same along a line because the function has them so.</summary>
    public int Plain;
}
