using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Σ wᵢ · xᵢ. An item takes lines, or a run of one, eight elements at a time; terms that are not there are read nowhere.</summary>
internal static class WeightedSumKernel
{
    [Kernel(EveryFormat = true)]
    public static void Run<TElement, TFormat>(
        WeightedSumParameters p,
        ArrayView<float> weights,
        ArrayView<TElement> a,
        ArrayView<TElement> b,
        ArrayView<TElement> c,
        ArrayView<TElement> d,
        ArrayView<TElement> e,
        ArrayView<TElement> y)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        int item = WorkItem.Index;
        if (item >= p.Walk.Runs.Items)
        {
            return;
        }

        LineRun run = p.Walk.Runs.At(item);
        for (int line = run.First; line < run.Until; line++)
        {
            LinePoint point = p.Walk.At(line);
            for (int i = run.Start; i < run.End; i += Octets.Size)
            {
                int last = Math.Min(p.Walk.Runs.Length - i, Octets.Size) - 1;
                Octet sum = Octets.Load<TElement, TFormat>(a, p.A.Start(point), i, last, p.A.Way) * weights[0];
                if (p.Terms > 1)
                {
                    sum += Octets.Load<TElement, TFormat>(b, p.B.Start(point), i, last, p.B.Way) * weights[1];
                }

                if (p.Terms > 2)
                {
                    sum += Octets.Load<TElement, TFormat>(c, p.C.Start(point), i, last, p.C.Way) * weights[2];
                }

                if (p.Terms > 3)
                {
                    sum += Octets.Load<TElement, TFormat>(d, p.D.Start(point), i, last, p.D.Way) * weights[3];
                }

                if (p.Terms > 4)
                {
                    sum += Octets.Load<TElement, TFormat>(e, p.E.Start(point), i, last, p.E.Way) * weights[4];
                }

                Octets.Store<TElement, TFormat>(y, p.Y.Start(point) + i, last, p.Y.Way, sum);
            }
        }
    }
}

/// <summary>Where the terms of a sum lie, and how many there are.</summary>
internal struct WeightedSumParameters
{
    public Walk Walk;
    public Steps A;
    public Steps B;
    public Steps C;
    public Steps D;
    public Steps E;
    public Steps Y;
    public int Terms;
}
