using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing;

/// <summary>A device that hands everything to another, which it owns; a wrapper overrides what it changes. Launches are not recorded, so that each is seen.</summary>
public abstract class DelegatingDevice(Device inner) : Device
{
    public override string Name => inner.Name;

    public override Capabilities Capabilities => inner.Capabilities;

    public override bool PrefersNarrow => inner.PrefersNarrow;

    public override long Guard => inner.Guard;

    public override long? AvailableMemory => inner.AvailableMemory;

    public override bool CopiesWeights => inner.CopiesWeights;

    internal Device Inner => inner;

    public override Prepared Prepare(Op op, in Operands operands) => inner.Prepare(op, operands);

    public override DeviceMemory Allocate(long bytes, string purpose) => inner.Allocate(bytes, purpose);

    public override void Upload(nint target, ReadOnlySpan<byte> source) => inner.Upload(target, source);

    public override void Download(nint source, Span<byte> target) => inner.Download(source, target);

    public override void Copy(nint source, nint target, long bytes) => inner.Copy(source, target, bytes);

    public override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count) => inner.Combine(target, sources, coefficients, count);

    public override DeviceMark CreateMark() => inner.CreateMark();

    public override DeviceClock CreateClock() => inner.CreateClock();

    public override nint WeightAddress(in WeightView view) => inner.WeightAddress(view);

    public override void ReleaseWeight(in WeightView view) => inner.ReleaseWeight(view);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
