using ILGPU;
using ILGPU.Runtime;
using Floats = ILGPU.ArrayView<float>;

namespace IlgpuDiffusion.Gpu;

/// <summary>Runs linear combinations.</summary>
internal sealed class Combination(GpuHost host)
{
    private Action<AcceleratorStream, KernelConfig, CombineParameters, Floats, ArrayView<double>, Floats, Floats, Floats, Floats, Floats>? _kernel;
    private nint _carry;
    private long _carried;

    /// <summary>target ← Σ coefficientᵢ · sourceᵢ.</summary>
    public void Run(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count)
    {
        if (count == 0)
        {
            return;
        }

        _kernel ??= host.Load<CombineParameters, Floats, ArrayView<double>, Floats, Floats, Floats, Floats, Floats>(CombineKernel.Run);
        Floats y = host.View<float>(target, count);

        // Without carrying, nothing reads the view.
        ArrayView<double> carry = Carry(sources.Length > CombineKernel.Terms ? count : 1);
        int items = host.ItemsFor(count);
        int start = 0;
        do
        {
            ReadOnlySpan<nint> at = sources[start..Math.Min(sources.Length, start + CombineKernel.Terms)];
            ReadOnlySpan<double> c = coefficients.Slice(start, at.Length);
            CombineParameters p = new()
            {
                C0 = Or(c, 0),
                C1 = Or(c, 1),
                C2 = Or(c, 2),
                C3 = Or(c, 3),
                C4 = Or(c, 4),
                Terms = at.Length,
                Count = checked((int)count),
                Grain = host.Grain,
                First = start == 0 ? 1 : 0,
                Last = start + at.Length == sources.Length ? 1 : 0,
            };
            _kernel(host.Stream, host.Items(items), p, y, carry, X(at, 0), X(at, 1), X(at, 2), X(at, 3), X(at, 4));
            start += at.Length;
        }
        while (start < sources.Length);

        Floats X(ReadOnlySpan<nint> at, int term) => term < at.Length ? host.View<float>(at[term], count) : y;
    }

    private static double Or(ReadOnlySpan<double> values, int index) => index < values.Length ? values[index] : 0;

    private ArrayView<double> Carry(long count)
    {
        if (_carried < count)
        {
            if (_carried > 0)
            {
                host.Free(_carry);
            }

            (_carry, _carried) = (host.Allocate(count * sizeof(double)), count);
        }

        return host.View<double>(_carry, count);
    }
}
