using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Ops;

[TestClass]
public sealed class TimestepEmbeddingTests
{
    [TestMethod]
    [DataRow(320, true, 0.0)]
    [DataRow(32, false, 1.0)]
    [DataRow(7, true, 0.0)]
    public void SinusoidsAgree(int channels, bool cosineFirst, double shift)
    {
        float[] times = [0, 1, 37.25f, 981, 999];
        TimestepEmbedding op = new(channels, cosineFirst, shift, 10000);
        float[] actual = OpRunner.Run(op, [new Operand(new Shape(5, 1, 1, 1), times)], 2, 3);
        int half = channels / 2;
        double[] expected = new double[actual.Length];
        for (int row = 0; row < times.Length; row++)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = times[row] * Math.Exp(-Math.Log(10000) * i / (half - shift));
                expected[(row * channels) + i] = cosineFirst ? Math.Cos(angle) : Math.Sin(angle);
                expected[(row * channels) + half + i] = cosineFirst ? Math.Sin(angle) : Math.Cos(angle);
            }
        }

        // The reference rounds frequencies and angles to single precision, and so do we: half a unit of 1000 and of the exponent.
        OpRunner.AssertClose(expected, actual, 3e-4, "sinusoids");
    }
}
