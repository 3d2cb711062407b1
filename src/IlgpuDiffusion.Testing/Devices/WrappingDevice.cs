using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Testing;

/// <summary>A device whose prepared kernels, and the types in which it stores activations, a test replaces.</summary>
internal sealed class WrappingDevice(Device inner, Func<Op, Prepared, Prepared> wrap, params ElementType[] stores) : DelegatingDevice(inner)
{
    public override string Name => $"wrapped {Inner.Name}";

    internal override Capabilities Capabilities { get; } = stores.Length == 0 ? inner.Capabilities : inner.Capabilities with { Stores = stores };

    internal override Prepared Prepare(Op op, in Operands operands) => wrap(op, Inner.Prepare(op, operands));
}

/// <summary>A kernel that does something around another's.</summary>
internal sealed class AroundPrepared(Prepared inner, Action<Place[], Bases>? before = null, Action<Place[], Bases>? after = null, long scratch = 0) : Prepared
{
    public override long Scratch => scratch;

    public override Launch Bind(ReadOnlySpan<Place> places, string path)
    {
        ReadOnlySpan<Place> forInner = scratch > 0 ? places[..^1] : places;
        return new AroundLaunch(inner.Bind(forInner, path), places.ToArray(), before, after);
    }

    private sealed class AroundLaunch(Launch inner, Place[] places, Action<Place[], Bases>? before, Action<Place[], Bases>? after) : Launch(inner.Path)
    {
        public override void Run(in Bases bases, CancellationToken cancellation)
        {
            before?.Invoke(places, bases);
            inner.Run(bases, cancellation);
            after?.Invoke(places, bases);
        }
    }
}
