using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>The left input of a product and its prologue's operands, as addresses.</summary>
internal unsafe struct InputPlaces
{
    public Prologue Prologue;

    /// <summary>Pixels of <see cref="Stride"/> floats.</summary>
    public float* X;
    public nint Stride;

    /// <summary>Per image: scales, then shifts; γ of a layer norm.</summary>
    public float* Scale;
    public float* Shift;

    /// <summary>Floats from one row of scales to the next, and images that share a row.</summary>
    public nint ScaleStride;
    public int ImagesPerScale;

    /// <summary>Per pixel: mean and reciprocal deviation.</summary>
    public float* Statistics;
    public nint StatisticsStride;
}
