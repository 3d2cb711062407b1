using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuKernels
{
    /// <inheritdoc/>
    public Prepared TimestepEmbedding(TimestepEmbedding op, in Operands operands)
    {
        Shape times = operands.Inputs[0].Shape;
        return new GpuPrepared(op.Work(operands), (places, path) => new SinusoidLaunch(host, places, path, op, times), (long)(op.Channels / 2) * sizeof(float));
    }

    /// <remarks>
    /// Frequencies and angles are rounded to single precision where the reference rounds them: at a time of 1000 that rounding moves the
    /// sinusoids by 3e-5, and the model was trained with it. The frequencies are computed here and uploaded; the op runs once a request.
    /// </remarks>
    private sealed class SinusoidLaunch : GpuLaunch
    {
        private readonly Shape _times;
        private readonly float[] _frequencies;
        private readonly SinusoidParameters _parameters;
        private readonly Action<AcceleratorStream, KernelConfig, SinusoidParameters, ArrayView<float>, ArrayView<float>, ArrayView<float>> _kernel;

        public SinusoidLaunch(GpuHost host, Place[] places, string path, TimestepEmbedding op, Shape times)
            : base(host, places, path)
        {
            (_times, _frequencies) = (times, Frequencies(op));
            _parameters = new SinusoidParameters
            {
                Items = checked(times.Rows * _frequencies.Length),
                Half = _frequencies.Length,
                Channels = op.Channels,
                FromStride = Stride(0),
                ToStride = Stride(1),
                CosineFirst = op.CosineFirst ? 1 : 0,
                ByHalf = Divisor.Of(_frequencies.Length),
            };
            _kernel = host.Load<SinusoidParameters, ArrayView<float>, ArrayView<float>, ArrayView<float>>(SinusoidKernel.Run);
        }

        protected override void Start()
        {
            Host.Upload(Address(2), MemoryMarshal.AsBytes(_frequencies.AsSpan()));
            _kernel(Host.Stream, Host.Items(_parameters.Items), _parameters, Floats(0, _times), View<float>(2, _frequencies.Length), Floats(1, _times with { Channels = _parameters.Channels }));
        }

        private static float[] Frequencies(TimestepEmbedding op)
        {
            float[] frequencies = new float[op.Channels / 2];
            for (int i = 0; i < frequencies.Length; i++)
            {
                float exponent = (float)-Math.Log(op.Period) * i / (float)(frequencies.Length - op.Shift);
                frequencies[i] = (float)Math.Exp(exponent);
            }

            return frequencies;
        }
    }
}
