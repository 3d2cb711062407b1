using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>How eight elements of a line are read and written.</summary>
internal static class Octets
{
    /// <summary>Elements of one.</summary>
    public const int Size = 8;

    /// <summary>The element is the same all along the line.</summary>
    public const int Constant = 0;

    /// <summary>Elements follow one another.</summary>
    public const int Single = 1;

    /// <summary>The same, and every eighth lies at a multiple of 16 bytes.</summary>
    public const int Wide = 2;

    /// <summary>Reads up to eight elements of a line.</summary>
    /// <param name="memory">The operand.</param>
    /// <param name="line">Where the line begins.</param>
    /// <param name="first">The first element in the line, a multiple of eight.</param>
    /// <param name="last">7, or less where the line ends: what lies behind repeats the last element.</param>
    /// <param name="way"><see cref="Constant"/>, <see cref="Single"/> or <see cref="Wide"/>.</param>
    public static Octet Load<TElement, TFormat>(ArrayView<TElement> memory, int line, int first, int last, int way)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        if (way == Wide && last == Size - 1)
        {
            return TFormat.LoadEight(memory, line + first);
        }

        return way == Constant ? All(TFormat.Widen(memory[line])) : Each<TElement, TFormat>(memory, line + first, last);
    }

    /// <summary>Reads up to eight elements one by one; what lies behind the last repeats it.</summary>
    public static Octet Each<TElement, TFormat>(ArrayView<TElement> memory, int at, int last)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement> => new()
        {
            A = TFormat.Widen(memory[at]),
            B = TFormat.Widen(memory[at + Math.Min(1, last)]),
            C = TFormat.Widen(memory[at + Math.Min(2, last)]),
            D = TFormat.Widen(memory[at + Math.Min(3, last)]),
            E = TFormat.Widen(memory[at + Math.Min(4, last)]),
            F = TFormat.Widen(memory[at + Math.Min(5, last)]),
            G = TFormat.Widen(memory[at + Math.Min(6, last)]),
            H = TFormat.Widen(memory[at + last]),
        };

    /// <summary>Writes the first of eight elements, to the last that there is.</summary>
    public static void Store<TElement, TFormat>(ArrayView<TElement> memory, int at, int last, int way, Octet x)
        where TElement : unmanaged
        where TFormat : struct, IElementFormat<TElement>
    {
        if (way == Wide && last == Size - 1)
        {
            TFormat.StoreEight(memory, at, x);
            return;
        }

        // From the last one down: what repeats it is overwritten.
        memory[at + last] = TFormat.Narrow(x.H);
        memory[at + Math.Min(6, last)] = TFormat.Narrow(x.G);
        memory[at + Math.Min(5, last)] = TFormat.Narrow(x.F);
        memory[at + Math.Min(4, last)] = TFormat.Narrow(x.E);
        memory[at + Math.Min(3, last)] = TFormat.Narrow(x.D);
        memory[at + Math.Min(2, last)] = TFormat.Narrow(x.C);
        memory[at + Math.Min(1, last)] = TFormat.Narrow(x.B);
        memory[at] = TFormat.Narrow(x.A);
    }

    /// <summary>Eight times a number.</summary>
    public static Octet All(float value) => new() { A = value, B = value, C = value, D = value, E = value, F = value, G = value, H = value };

    /// <summary>Eight 16-bit elements as numbers.</summary>
    public static Octet Widen<TFormat>(U4 words)
        where TFormat : struct, IElementFormat<ushort> => new()
        {
            A = TFormat.Widen((ushort)(words.X & 0xFFFFu)),
            B = TFormat.Widen((ushort)(words.X >> 16)),
            C = TFormat.Widen((ushort)(words.Y & 0xFFFFu)),
            D = TFormat.Widen((ushort)(words.Y >> 16)),
            E = TFormat.Widen((ushort)(words.Z & 0xFFFFu)),
            F = TFormat.Widen((ushort)(words.Z >> 16)),
            G = TFormat.Widen((ushort)(words.W & 0xFFFFu)),
            H = TFormat.Widen((ushort)(words.W >> 16)),
        };

    /// <summary>Eight numbers as 16-bit elements.</summary>
    public static U4 Narrow<TFormat>(Octet x)
        where TFormat : struct, IElementFormat<ushort> => new()
        {
            X = TFormat.Narrow(x.A) | ((uint)TFormat.Narrow(x.B) << 16),
            Y = TFormat.Narrow(x.C) | ((uint)TFormat.Narrow(x.D) << 16),
            Z = TFormat.Narrow(x.E) | ((uint)TFormat.Narrow(x.F) << 16),
            W = TFormat.Narrow(x.G) | ((uint)TFormat.Narrow(x.H) << 16),
        };
}
