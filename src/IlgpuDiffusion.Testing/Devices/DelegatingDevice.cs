using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing;

/// <summary>A device that hands everything to another, which it owns; a wrapper overrides what it changes. Launches are not recorded, so that each is seen.</summary>
internal abstract class DelegatingDevice(Device inner) : Device
{
    public override string Name => inner.Name;

    internal override Capabilities Capabilities => inner.Capabilities;

    internal override bool PrefersNarrow => inner.PrefersNarrow;

    internal override long Guard => inner.Guard;

    public override long? AvailableMemory => inner.AvailableMemory;

    internal override bool CopiesWeights => inner.CopiesWeights;

    internal Device Inner => inner;

    internal override Prepared Prepare(Op op, in Operands operands) => inner.Prepare(op, operands);

    internal override DeviceMemory Allocate(long bytes, string purpose) => inner.Allocate(bytes, purpose);

    internal override void Upload(nint target, ReadOnlySpan<byte> source) => inner.Upload(target, source);

    internal override void Download(nint source, Span<byte> target) => inner.Download(source, target);

    internal override void Copy(nint source, nint target, long bytes) => inner.Copy(source, target, bytes);

    internal override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count) => inner.Combine(target, sources, coefficients, count);

    internal override DeviceMark CreateMark() => inner.CreateMark();

    internal override DeviceClock CreateClock() => inner.CreateClock();

    internal override nint WeightAddress(in WeightView view) => inner.WeightAddress(view);

    internal override void ReleaseWeight(in WeightView view) => inner.ReleaseWeight(view);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
