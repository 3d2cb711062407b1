using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>Finds the memory behind slices.</summary>
internal static class Views
{
    /// <summary>The value that has memory of its own, and the byte offset of <paramref name="value"/> in it. The row stride is the root's channels.</summary>
    public static (Value Root, long Offset) Root(Value value)
    {
        long elements = 0;
        Value root = value;
        while (root.Producer.Op is Slice slice)
        {
            Value source = root.Producer.Inputs[0];
            // A batch row of a channel slice is as far from the next as in the memory behind both.
            elements += slice.Axis == Axis.Channels ? slice.Start : (long)slice.Start * source.Shape.Tokens * Behind(source).Channels;
            root = source;
        }

        return (root, elements * root.Type.Type.Size());
    }

    private static Value Behind(Value value)
    {
        while (value.Producer.Op is Slice)
        {
            value = value.Producer.Inputs[0];
        }

        return value;
    }
}
