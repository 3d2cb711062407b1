using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

internal sealed partial class CpuKernels
{
    /// <inheritdoc/>
    public Prepared TimestepEmbedding(TimestepEmbedding op, in Operands operands)
    {
        int times = operands.Inputs[0].Shape.Rows;
        return new CpuPrepared(op.Work(operands), (places, path) => new TimestepEmbeddingLaunch(pool, path, places, op, times));
    }

    /// <summary>A task is one time. An odd last channel is 0.</summary>
    /// <remarks>
    /// Frequencies and angles are rounded to single precision where the reference rounds them: at a time of 1000 that rounding moves the
    /// sinusoids by 3e-5, and the model was trained with it. The functions themselves are computed in double precision.
    /// </remarks>
    private sealed unsafe class TimestepEmbeddingLaunch(WorkerPool pool, string path, Place[] places, TimestepEmbedding op, int times)
        : ParallelLaunch(pool, path, places, times)
    {
        private readonly float[] _frequencies = Frequencies(op);

        protected override void Execute(int task, byte* scratch)
        {
            float time = Floats(0)[task * Stride(0)];
            float* y = Floats(1) + (task * Stride(1));
            int half = _frequencies.Length;
            float* sines = op.CosineFirst ? y + half : y, cosines = op.CosineFirst ? y : y + half;
            for (int i = 0; i < half; i++)
            {
                float angle = time * _frequencies[i];
                (double sine, double cosine) = Math.SinCos(angle);
                sines[i] = (float)sine;
                cosines[i] = (float)cosine;
            }

            if (op.Channels % 2 != 0)
            {
                y[op.Channels - 1] = 0;
            }
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
