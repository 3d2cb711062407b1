using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing;

/// <summary>A tensor's numbers in the host's memory: what is handed to a graph's inputs.</summary>
internal sealed class TensorData
{
    private readonly byte[] _bytes;

    /// <summary>Elements [B, H, W, C], channels last, in the type's own bytes.</summary>
    /// <param name="type">Shape and element type; no layout.</param>
    /// <param name="bytes">The elements.</param>
    /// <exception cref="ArgumentException">The length is not that of the type.</exception>
    public TensorData(TensorType type, byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        if (type.Bytes != bytes.LongLength)
        {
            throw new ArgumentException($"{type} takes {type.Bytes} bytes, not {bytes.LongLength}.", nameof(bytes));
        }

        (Type, _bytes) = (type, bytes);
    }

    /// <summary>Shape and element type.</summary>
    public TensorType Type { get; }

    /// <summary>The elements' bytes.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>F32 elements [B, H, W, C].</summary>
    public static TensorData FromFloats(Shape shape, ReadOnlySpan<float> values) =>
        new(new TensorType(shape), MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>I32 elements [B, H, W, C]: token ids, tiles.</summary>
    public static TensorData FromInts(Shape shape, ReadOnlySpan<int> values) =>
        new(new TensorType(shape, ElementType.I32), MemoryMarshal.AsBytes(values).ToArray());
}
