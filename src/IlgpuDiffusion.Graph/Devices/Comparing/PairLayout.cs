namespace IlgpuDiffusion.Graphs.Devices.Comparing;

/// <summary>A weight that each device has in an order of its own; null is plain rows.</summary>
internal sealed record PairLayout(WeightLayout? First, WeightLayout? Second) : WeightLayout
{
    /// <inheritdoc/>
    public override long Bytes(Shape shape, ElementType type) => Math.Max(new TensorType(shape, type, First).Bytes, new TensorType(shape, type, Second).Bytes);

    /// <summary>The layout of both, or null where neither wants one.</summary>
    public static PairLayout? Of(WeightLayout? first, WeightLayout? second) => first is null && second is null ? null : new PairLayout(first, second);
}
