using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs.Devices.Checked;

namespace IlgpuDiffusion.Graphs.Devices;

/// <summary>
/// Another device, watched: its memory starts as NaN, so do a launch's results and scratch; after every launch the results must be finite
/// and the zones around them untouched. What is not raises a <see cref="CheckException"/> that names the layer.
/// </summary>
public sealed class CheckedDevice : Device
{
    internal const byte Poison = 0xFF;
    private const int Zone = 64;

    /// <summary>Watches a device, which it then owns.</summary>
    public CheckedDevice(Device inner)
    {
        ArgumentNullException.ThrowIfNull(inner);
        Inner = inner;
    }

    /// <inheritdoc/>
    public override string Name => $"{Inner.Name}, checked";

    /// <inheritdoc/>
    public override Capabilities Capabilities => Inner.Capabilities;

    /// <inheritdoc/>
    public override bool PrefersNarrow => Inner.PrefersNarrow;

    /// <inheritdoc/>
    public override long Guard => Math.Max(Zone, Inner.Guard);

    /// <inheritdoc/>
    public override bool CopiesWeights => Inner.CopiesWeights;

    internal Device Inner { get; }

    /// <inheritdoc/>
    public override Prepared Prepare(Op op, in Operands operands) => new CheckedPrepared(this, op, operands, Inner.Prepare(op, operands));

    /// <inheritdoc/>
    public override DeviceMemory Allocate(long bytes, string purpose)
    {
        DeviceMemory memory = Inner.Allocate(bytes + (2 * Guard), purpose);
        Fill(memory.Address, memory.Bytes);
        return new CheckedMemory(memory, (nint)Guard, bytes);
    }

    /// <inheritdoc/>
    public override void Upload(nint target, ReadOnlySpan<byte> source) => Inner.Upload(target, source);

    /// <inheritdoc/>
    public override void Download(nint source, Span<byte> target) => Inner.Download(source, target);

    /// <inheritdoc/>
    public override void Copy(nint source, nint target, long bytes) => Inner.Copy(source, target, bytes);

    /// <inheritdoc/>
    /// <exception cref="CheckException">The result is not finite.</exception>
    public override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count)
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

    /// <inheritdoc/>
    public override DeviceMark CreateMark() => Inner.CreateMark();

    /// <inheritdoc/>
    public override DeviceClock CreateClock() => Inner.CreateClock();

    /// <inheritdoc/>
    public override nint WeightAddress(in WeightView view) => Inner.WeightAddress(view);

    /// <inheritdoc/>
    public override void ReleaseWeight(in WeightView view) => Inner.ReleaseWeight(view);

    internal void Fill(nint address, long bytes)
    {
        byte[] block = new byte[Math.Min(bytes, 1 << 20)];
        Array.Fill(block, Poison);
        for (long done = 0; done < bytes; done += block.Length)
        {
            Inner.Upload(address + (nint)done, block.AsSpan(0, (int)Math.Min(block.Length, bytes - done)));
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Inner.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Memory with a zone before and after.</summary>
    private sealed class CheckedMemory(DeviceMemory inner, nint zone, long bytes) : DeviceMemory
    {
        public override nint Address => inner.Address + zone;

        public override long Bytes => bytes;

        public override void Dispose() => inner.Dispose();
    }
}
