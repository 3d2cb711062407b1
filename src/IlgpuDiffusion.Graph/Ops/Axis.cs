namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>An axis of [B, H, W, C].</summary>
internal enum Axis
{
    /// <summary>B.</summary>
    Batch,

    /// <summary>W.</summary>
    Width,

    /// <summary>C.</summary>
    Channels,
}

/// <summary>Shapes by axis.</summary>
internal static class Axes
{
    /// <summary>The size along an axis.</summary>
    public static int Size(this Shape shape, Axis axis) => axis switch
    {
        Axis.Batch => shape.Batch,
        Axis.Width => shape.Width,
        _ => shape.Channels,
    };

    /// <summary>The shape with another size along an axis.</summary>
    public static Shape With(this Shape shape, Axis axis, int size) => axis switch
    {
        Axis.Batch => shape with { Batch = size },
        Axis.Width => shape with { Width = size },
        _ => shape with { Channels = size },
    };
}
