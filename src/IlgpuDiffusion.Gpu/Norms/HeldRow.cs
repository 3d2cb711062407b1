using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>What an item holds of a row: up to five of its eights, as many items further each.</summary>
internal struct HeldRow
{
    /// <summary>Eights at most.</summary>
    public const int Most = 5;

    private Octet _a;
    private Octet _b;
    private Octet _c;
    private Octet _d;
    private Octet _e;

    /// <summary>Reads them; what is behind the row's end is anything.</summary>
    public static HeldRow Load<TElement, TFormat>(RowNormShape p, ArrayView<TElement> x, int line, int item)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        Octet first = Eight<TElement, TFormat>(p, x, line, item);
        HeldRow row = new() { _a = first, _b = first, _c = first, _d = first, _e = first };
        if (p.Eights > p.Items)
        {
            row._b = Eight<TElement, TFormat>(p, x, line, item + p.Items);
            row._c = Eight<TElement, TFormat>(p, x, line, item + (2 * p.Items));
        }

        if (p.Eights > 3 * p.Items)
        {
            row._d = Eight<TElement, TFormat>(p, x, line, item + (3 * p.Items));
            row._e = Eight<TElement, TFormat>(p, x, line, item + (4 * p.Items));
        }

        return row;
    }

    /// <summary>Their sum.</summary>
    public static float Sum(RowNormShape p, HeldRow row, int item) =>
        Sum(row._a, item, p.Eights) + Sum(row._b, item + p.Items, p.Eights) + Sum(row._c, item + (2 * p.Items), p.Eights) + Sum(row._d, item + (3 * p.Items), p.Eights) + Sum(row._e, item + (4 * p.Items), p.Eights);

    /// <summary>The sum of their squares.</summary>
    public static float Squares(RowNormShape p, HeldRow row, int item) =>
        Sum(p, new() { _a = row._a * row._a, _b = row._b * row._b, _c = row._c * row._c, _d = row._d * row._d, _e = row._e * row._e }, item);

    /// <summary>All less a number.</summary>
    public static HeldRow Minus(HeldRow row, float number)
    {
        Octet all = Octets.All(number);
        return new() { _a = row._a - all, _b = row._b - all, _c = row._c - all, _d = row._d - all, _e = row._e - all };
    }

    /// <summary>Writes them, scaled, up to the row's end <paramref name="own"/>.</summary>
    public static void Store<TNorm, TElement, TFormat>(RowNormShape p, HeldRow row, int item, int own, RowScale<TNorm> by, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<TElement> y, int line)
        where TNorm : struct, IRowNorm
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        Eight<TNorm, TElement, TFormat>(p, row._a, item, own, by, gamma, beta, y, line);
        if (p.Eights > p.Items)
        {
            Eight<TNorm, TElement, TFormat>(p, row._b, item + p.Items, own, by, gamma, beta, y, line);
            Eight<TNorm, TElement, TFormat>(p, row._c, item + (2 * p.Items), own, by, gamma, beta, y, line);
        }

        if (p.Eights > 3 * p.Items)
        {
            Eight<TNorm, TElement, TFormat>(p, row._d, item + (3 * p.Items), own, by, gamma, beta, y, line);
            Eight<TNorm, TElement, TFormat>(p, row._e, item + (4 * p.Items), own, by, gamma, beta, y, line);
        }
    }

    private static float Sum(Octet x, int eighth, int eights) => eighth < eights ? ((x.A + x.B) + (x.C + x.D)) + ((x.E + x.F) + (x.G + x.H)) : 0f;

    private static Octet Eight<TElement, TFormat>(RowNormShape p, ArrayView<TElement> x, int line, int eighth)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement> =>
        Octets.Load<TElement, TFormat>(x, line, Math.Min(eighth, p.Eights - 1) * Octets.Size, Octets.Size - 1, p.FromWay);

    private static void Eight<TNorm, TElement, TFormat>(RowNormShape p, Octet x, int eighth, int own, RowScale<TNorm> by, ArrayView<float> gamma, ArrayView<float> beta, ArrayView<TElement> y, int line)
        where TNorm : struct, IRowNorm
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        if (eighth < own)
        {
            int at = eighth * Octets.Size;
            Octets.Store<TElement, TFormat>(y, line + at, Octets.Size - 1, p.ToWay, RowScale<TNorm>.Of(p, by, x, at, gamma, beta));
        }
    }
}

/// <summary>What a row's numbers are scaled by.</summary>
/// <typeparam name="TNorm">The norm.</typeparam>
internal struct RowScale<TNorm>
    where TNorm : struct, IRowNorm
{
    /// <summary>What is left of the mean.</summary>
    public float Left;

    /// <summary>1 / √(squares + ε).</summary>
    public float Scale;

    /// <summary>Where the row's γ begins.</summary>
    public int Gamma;

    /// <summary>Where its β begins.</summary>
    public int Beta;

    /// <summary>Eight numbers, of columns from one on.</summary>
    public static Octet Of(RowNormShape p, RowScale<TNorm> by, Octet x, int column, ArrayView<float> gamma, ArrayView<float> beta)
    {
        Octet factor = Octets.Load<float, Float32Format>(gamma, by.Gamma, column, Octets.Size - 1, p.TableWay);
        return TNorm.HasMean
            ? ((x - Octets.All(by.Left)) * by.Scale * factor) + Octets.Load<float, Float32Format>(beta, by.Beta, column, Octets.Size - 1, p.TableWay)
            : x * by.Scale * factor;
    }
}
