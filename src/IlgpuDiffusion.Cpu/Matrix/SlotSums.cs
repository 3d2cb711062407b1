using System.Runtime.InteropServices;

namespace IlgpuDiffusion.Cpu;

/// <summary>Σx and Σx² of the channels of what a task has just written, while it is in the cache. A slot's pixels belong to one task, which adds them in its order.</summary>
internal static unsafe class SlotSums
{
    /// <summary>Begins a slot with zeros for some channels.</summary>
    public static void Begin(in OutputPlaces output, int image, int slot, int first, int outputs)
    {
        if (output.Sums != null)
        {
            double* sums = Slot(output, image, slot) + first;
            NativeMemory.Clear(sums, (nuint)outputs * sizeof(double));
            NativeMemory.Clear(sums + output.Outputs, (nuint)outputs * sizeof(double));
        }
    }

    /// <summary>Adds neighbouring pixels of the result to a slot.</summary>
    /// <param name="output">The result.</param>
    /// <param name="pixel">The number of the first pixel in the result.</param>
    /// <param name="count">Pixels.</param>
    /// <param name="image">Their image.</param>
    /// <param name="slot">Their slot.</param>
    /// <param name="first">The first channel.</param>
    /// <param name="outputs">Channels.</param>
    public static void Add(in OutputPlaces output, nint pixel, int count, int image, int slot, int first, int outputs)
    {
        if (output.Sums != null)
        {
            double* sums = Slot(output, image, slot) + first;
            ChannelSums.Add(output.Y + (pixel * output.Stride) + first, output.Stride, count, outputs, sums, sums + output.Outputs);
        }
    }

    private static double* Slot(in OutputPlaces output, int image, int slot) => output.Sums + ((((nint)image * output.Slots) + slot) * 2 * output.Outputs);
}
