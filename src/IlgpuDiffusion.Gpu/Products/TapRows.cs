using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>A convolution's weight [O, I, kh, kw] in the order [O, kh, kw, I]: the inputs of a tap are neighbours.</summary>
internal sealed record TapRows : WeightLayout
{
    /// <inheritdoc/>
    public override long Bytes(Shape shape, ElementType type) => shape.Count * type.Size();

    /// <inheritdoc/>
    public override string ToString() => "[O, kh, kw, I]";
}
