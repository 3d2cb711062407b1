using ILGPU;
using IlgpuDiffusion.Gpu.Tensor;

namespace IlgpuDiffusion.Gpu.Kernels;

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
    public static Octet Load<TElement, TStored>(ArrayView<TElement> memory, int line, int first, int last, int way)
        where TElement : unmanaged
        where TStored : struct, IStoredElement<TElement>
    {
        if (way == Wide && last == Size - 1)
        {
            return TStored.LoadEight(memory, line + first);
        }

        return way == Constant ? All(TStored.Widen(memory[line])) : Each<TElement, TStored>(memory, line + first, last);
    }

    /// <summary>Reads up to eight elements one by one; what lies behind the last repeats it.</summary>
    public static Octet Each<TElement, TStored>(ArrayView<TElement> memory, int at, int last)
        where TElement : unmanaged
        where TStored : struct, IStoredElement<TElement> => new()
        {
            A = TStored.Widen(memory[at]),
            B = TStored.Widen(memory[at + Math.Min(1, last)]),
            C = TStored.Widen(memory[at + Math.Min(2, last)]),
            D = TStored.Widen(memory[at + Math.Min(3, last)]),
            E = TStored.Widen(memory[at + Math.Min(4, last)]),
            F = TStored.Widen(memory[at + Math.Min(5, last)]),
            G = TStored.Widen(memory[at + Math.Min(6, last)]),
            H = TStored.Widen(memory[at + last]),
        };

    /// <summary>Writes the first of eight elements, to the last that there is.</summary>
    public static void Store<TElement, TStored>(ArrayView<TElement> memory, int at, int last, int way, Octet x)
        where TElement : unmanaged
        where TStored : struct, IStoredElement<TElement>
    {
        if (way == Wide && last == Size - 1)
        {
            TStored.StoreEight(memory, at, x);
            return;
        }

        // From the last one down: what repeats it is overwritten.
        memory[at + last] = TStored.Narrow(x.H);
        memory[at + Math.Min(6, last)] = TStored.Narrow(x.G);
        memory[at + Math.Min(5, last)] = TStored.Narrow(x.F);
        memory[at + Math.Min(4, last)] = TStored.Narrow(x.E);
        memory[at + Math.Min(3, last)] = TStored.Narrow(x.D);
        memory[at + Math.Min(2, last)] = TStored.Narrow(x.C);
        memory[at + Math.Min(1, last)] = TStored.Narrow(x.B);
        memory[at] = TStored.Narrow(x.A);
    }

    /// <summary>Eight times a number.</summary>
    public static Octet All(float value) => new() { A = value, B = value, C = value, D = value, E = value, F = value, G = value, H = value };

    /// <summary>Eight 16-bit elements as numbers.</summary>
    public static Octet Widen<TStored>(U4 words)
        where TStored : struct, IStoredElement<ushort> => new()
        {
            A = TStored.Widen((ushort)(words.X & 0xFFFFu)),
            B = TStored.Widen((ushort)(words.X >> 16)),
            C = TStored.Widen((ushort)(words.Y & 0xFFFFu)),
            D = TStored.Widen((ushort)(words.Y >> 16)),
            E = TStored.Widen((ushort)(words.Z & 0xFFFFu)),
            F = TStored.Widen((ushort)(words.Z >> 16)),
            G = TStored.Widen((ushort)(words.W & 0xFFFFu)),
            H = TStored.Widen((ushort)(words.W >> 16)),
        };

    /// <summary>Eight numbers as 16-bit elements.</summary>
    public static U4 Narrow<TStored>(Octet x)
        where TStored : struct, IStoredElement<ushort> => new()
        {
            X = TStored.Narrow(x.A) | ((uint)TStored.Narrow(x.B) << 16),
            Y = TStored.Narrow(x.C) | ((uint)TStored.Narrow(x.D) << 16),
            Z = TStored.Narrow(x.E) | ((uint)TStored.Narrow(x.F) << 16),
            W = TStored.Narrow(x.G) | ((uint)TStored.Narrow(x.H) << 16),
        };
}
