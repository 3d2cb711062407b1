namespace IlgpuDiffusion.Graphs;

/// <summary>Shape, element type and, for weights that a device has packed, its layout.</summary>
/// <param name="Shape">The logical shape, also of a packed weight.</param>
/// <param name="Type">The element type in memory.</param>
/// <param name="Layout">How a device has packed it, or null for plain rows.</param>
internal readonly record struct TensorType(Shape Shape, ElementType Type = ElementType.F32, WeightLayout? Layout = null)
{
    /// <summary>The bytes it takes.</summary>
    public long Bytes => Layout?.Bytes(Shape, Type) ?? Shape.Count * Type.Size();

    /// <inheritdoc/>
    public override string ToString() => Layout is null ? $"{Type}{Shape}" : $"{Type}{Shape} {Layout}";
}

/// <summary>A device's own order of a weight's elements. Its text is part of the key under which packed weights are shared, so it names every parameter.</summary>
internal abstract record WeightLayout
{
    /// <summary>The bytes of a weight of a logical shape in this layout.</summary>
    public abstract long Bytes(Shape shape, ElementType type);
}
