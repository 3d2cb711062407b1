using Head32 = IlgpuDiffusion.Gpu.HeadPair<IlgpuDiffusion.Gpu.HeadSlice, IlgpuDiffusion.Gpu.HeadSlice>;

namespace IlgpuDiffusion.Gpu;

/// <summary>The widths that kernels are compiled for, in slices of 16 columns; a head takes the smallest that holds it.</summary>
internal static class Heads
{
    /// <summary>The numbers of slices.</summary>
    public static IReadOnlyList<int> All { get; } = [3, 4, 5, 8, 10];

    /// <summary>The widest.</summary>
    public const int Widest = 160;

    /// <summary>The slices of a head's kernel.</summary>
    public static int Slices(int width) => width switch { <= 48 => 3, <= 64 => 4, <= 80 => 5, <= 128 => 8, _ => 10 };

    /// <summary>Runs code with the type of such a head.</summary>
    public static TResult With<TResult>(int slices, IHeadUser<TResult> user) => slices switch
    {
        3 => user.Use<HeadPair<Head32, HeadSlice>>(),
        4 => user.Use<HeadPair<Head32, Head32>>(),
        5 => user.Use<HeadPair<HeadPair<Head32, Head32>, HeadSlice>>(),
        8 => user.Use<HeadPair<HeadPair<Head32, Head32>, HeadPair<Head32, Head32>>>(),
        _ => user.Use<HeadPair<HeadPair<HeadPair<Head32, Head32>, HeadPair<Head32, Head32>>, Head32>>(),
    };
}

/// <summary>Code that is generic in the head.</summary>
/// <typeparam name="TResult">What it gives.</typeparam>
internal interface IHeadUser<out TResult>
{
    /// <summary>The code.</summary>
    TResult Use<THead>()
        where THead : struct, IHead<THead>;
}
