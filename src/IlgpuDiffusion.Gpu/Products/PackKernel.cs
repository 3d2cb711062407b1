using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Reorders a convolution's weight so that a tap's input channels are neighbours.</summary>
internal static class PackKernel
{
    /// <summary>Elements of a row that an item moves.</summary>
    public const int Run = 256;

    /// <summary>Moves a run of one output's elements an item, from [output, input, tap] to [output, tap, input].</summary>
    /// <param name="outputs">Outputs.</param>
    /// <param name="inputs">Input channels.</param>
    /// <param name="taps">Taps.</param>
    /// <param name="source">The weight as it is stored.</param>
    /// <param name="target">The weight as the products read it.</param>
    [Kernel(typeof(uint))]
    [Kernel(typeof(ushort))]
    public static void Move<TElement>(int outputs, int inputs, int taps, ArrayView<TElement> source, ArrayView<TElement> target)
        where TElement : unmanaged
    {
        int item = WorkItem.Index;
        int length = inputs * taps, runs = (length + Run - 1) / Run;
        int output = item / runs, first = item % runs * Run;
        if (output >= outputs)
        {
            return;
        }

        int stop = first + Run < length ? first + Run : length;
        long row = (long)output * length;
        for (int i = first; i < stop; i++)
        {
            target[row + i] = source[row + ((long)(i % inputs) * taps) + (i / inputs)];
        }
    }
}
