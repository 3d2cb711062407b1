using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing.Checked;

namespace IlgpuDiffusion.Testing;

/// <summary>
/// Another device, which it owns, watched: its memory starts as NaN, so do a launch's results and scratch; after every launch the results must be finite
/// and the zones around them untouched. What is not raises a <see cref="CheckException"/> that names the layer.
/// </summary>
internal sealed class CheckedDevice(Device inner) : DelegatingDevice(inner)
{
    internal const byte Poison = 0xFF;
    private const int Zone = 64;

    /// <inheritdoc/>
    public override string Name => $"{Inner.Name}, checked";

    /// <inheritdoc/>
    internal override long Guard => Math.Max(Zone, Inner.Guard);

    /// <inheritdoc/>
    internal override Prepared Prepare(Op op, in Operands operands) => new CheckedPrepared(this, op, operands, Inner.Prepare(op, operands));

    /// <inheritdoc/>
    internal override DeviceMemory Allocate(long bytes, string purpose)
    {
        DeviceMemory memory = Inner.Allocate(bytes + (2 * Guard), purpose);
        Fill(memory.Address, memory.Bytes);
        return new CheckedMemory(memory, (nint)Guard, bytes);
    }

    /// <inheritdoc/>
    /// <exception cref="CheckException">The result is not finite.</exception>
    internal override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count)
    {
        Inner.Combine(target, sources, coefficients, count);
        float[] result = new float[count];
        Inner.Download(target, MemoryMarshal.AsBytes(result.AsSpan()));
        int bad = Array.FindIndex(result, value => !float.IsFinite(value));
        if (bad >= 0)
        {
            throw new CheckException($"On {Inner.Name}: Combine of {sources.Length} terms gave {result[bad]} at {bad} of {count}.");
        }
    }

    internal void Fill(nint address, long bytes)
    {
        byte[] block = new byte[Math.Min(bytes, 1 << 20)];
        Array.Fill(block, Poison);
        for (long done = 0; done < bytes; done += block.Length)
        {
            Inner.Upload(address + (nint)done, block.AsSpan(0, (int)Math.Min(block.Length, bytes - done)));
        }
    }

    /// <summary>Memory with a zone before and after.</summary>
    private sealed class CheckedMemory(DeviceMemory inner, nint zone, long bytes) : DeviceMemory
    {
        public override nint Address => inner.Address + zone;

        public override long Bytes => bytes;

        public override void Dispose() => inner.Dispose();
    }
}
