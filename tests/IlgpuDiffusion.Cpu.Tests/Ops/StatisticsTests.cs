using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Ops;

[TestClass]
public sealed class StatisticsTests
{
    [TestMethod]
    public void LayerNormsAreTheirTwoOpsInOne()
    {
        Operand x = Operand.Random(new Shape(2, 3, 5, 70), 1), gamma = Operand.Random(Shape.Vector(70), 2), beta = Operand.Random(Shape.Vector(70), 3);
        Operand statistics = new(new Shape(2, 3, 5, 2), OpRunner.Run(new RowStatistics(1e-5), [x]));
        CollectionAssert.AreEqual(OpRunner.Run(new NormalizeRows(), [x, statistics, gamma, beta]), OpRunner.Run(new LayerNorm(1e-5), [x, gamma, beta]));
    }

    [TestMethod]
    [DataRow(1, 1, 1, 8, 2, 0f)]
    [DataRow(2, 5, 7, 60, 4, 3f)]
    [DataRow(3, 33, 31, 70, 7, -50f)]
    [DataRow(1, 64, 64, 96, 32, 1000f)]
    [DataRow(2, 3, 1, 40, 40, 1f)]
    public void GroupNormStatisticsAgree(int batch, int height, int width, int channels, int groups, float offset)
    {
        Operand x = Shifted(new Shape(batch, height, width, channels), offset);
        Operand gamma = Operand.Random(Shape.Vector(channels), 2), beta = Operand.Random(Shape.Vector(channels), 3);
        const double Epsilon = 1e-5;
        int perGroup = channels / groups;
        double[] expected = new double[batch * 2 * channels];
        for (int b = 0; b < batch; b++)
        {
            for (int c = 0; c < channels; c++)
            {
                int group = c / perGroup * perGroup, tokens = height * width;
                double[] values = new double[tokens * perGroup];
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = x.Floats[(((b * tokens) + (i / perGroup)) * channels) + group + (i % perGroup)];
                }

                double mean = values.Average(), factor = gamma.Floats[c] / Math.Sqrt(values.Average(v => (v - mean) * (v - mean)) + Epsilon);
                expected[(b * 2 * channels) + c] = factor;
                expected[(b * 2 * channels) + channels + c] = beta.Floats[c] - (mean * factor);
            }
        }

        GroupNormStatistics op = new(groups, Epsilon);
        OpRunner.AssertClose(expected, OpRunner.Run(op, [x, gamma, beta]), 1e-7, $"group norm {x.Type}");
        OpRunner.AssertClose(expected, OpRunner.Run(op, [x, gamma, beta], 1, 9), 1e-7, $"group norm {x.Type}, views");
    }

    [TestMethod]
    [DataRow(1, 1, 8, 0, 2, 0f)]
    [DataRow(2, 35, 40, 20, 4, 3f)]
    [DataRow(3, 1000, 65, 5, 7, -50f)]
    [DataRow(1, 4096, 1, 95, 32, 1000f)]
    public void GroupNormFromSumsAgreesWithTheStatisticsOfTheWhole(int batch, int tokens, int left, int right, int groups, float offset)
    {
        int channels = left + right;
        Operand x = Shifted(new Shape(batch, 1, tokens, channels), offset);
        Operand gamma = Operand.Random(Shape.Vector(channels), 2), beta = Operand.Random(Shape.Vector(channels), 3);
        Operand[] parts = right == 0 ? [Sums(x, 0, left, 3)] : [Sums(x, 0, left, 3), Sums(x, left, right, 1)];
        float[] expected = OpRunner.Run(new GroupNormStatistics(groups, 1e-5), [x, gamma, beta]);
        GroupNormFromSums op = new(groups, 1e-5, tokens);
        float[] actual = OpRunner.Run(op, [.. parts, gamma, beta], 1);
        OpRunner.AssertClose([.. expected.Select(v => (double)v)], actual, 1.2e-7, $"group norm of {left} and {right} channels");
        CollectionAssert.AreEqual(actual, OpRunner.Run(op, [.. parts, gamma, beta], 3, 2));
        for (int b = 0; b < batch; b++)
        {
            CollectionAssert.AreEqual(actual[(b * 2 * channels)..((b + 1) * 2 * channels)], OpRunner.Run(op, [.. parts.Select(p => p.Images(b, 1)), gamma, beta]));
        }
    }

    [TestMethod]
    [DataRow(1, 0f)]
    [DataRow(7, 5f)]
    [DataRow(65, 100f)]
    [DataRow(320, 0f)]
    [DataRow(1280, -3f)]
    public void RowStatisticsAgree(int channels, float offset)
    {
        Operand x = Shifted(new Shape(2, 3, 5, channels), offset);
        double[] expected = new double[60];
        for (int row = 0; row < 30; row++)
        {
            double[] values = [.. x.Floats.Slice(row * channels, channels).ToArray().Select(v => (double)v)];
            double mean = values.Average();
            expected[2 * row] = mean;
            expected[(2 * row) + 1] = 1 / Math.Sqrt(values.Average(v => (v - mean) * (v - mean)) + 1e-5);
        }

        OpRunner.AssertClose(expected, OpRunner.Run(new RowStatistics(1e-5), [x]), 5e-7, $"rows {channels}");
        OpRunner.AssertClose(expected, OpRunner.Run(new RowStatistics(1e-5), [x], 3, 6), 5e-7, $"rows {channels}, views");
    }

    [TestMethod]
    [DataRow(4, 0f)]
    [DataRow(1, 1000f)]
    [DataRow(33, -7f)]
    public void StandardDeviationsAreUnbiased(int channels, float offset)
    {
        Operand x = Shifted(new Shape(3, 9, 7, channels), offset);
        double[] expected = new double[3];
        for (int b = 0; b < 3; b++)
        {
            double[] values = [.. x.Images(b, 1).Floats.ToArray().Select(v => (double)v)];
            double mean = values.Average();
            expected[b] = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1));
        }

        OpRunner.AssertClose(expected, OpRunner.Run(new StandardDeviation(), [x]), 1e-7, "deviation");
        OpRunner.AssertClose(expected, OpRunner.Run(new StandardDeviation(), [x], 3, 5), 1e-7, "deviation, views");
    }

    // As a convolution leaves them: Σx, then Σx² of some channels, grid point i in slot i modulo their number.
    private static Operand Sums(Operand x, int first, int channels, int slots)
    {
        Shape shape = x.Type.Shape;
        double[] sums = new double[shape.Batch * slots * 2 * channels];
        for (int row = 0; row < shape.Rows; row++)
        {
            int slot = ((row / shape.Tokens * slots) + (row % shape.Tokens % slots)) * 2 * channels;
            for (int c = 0; c < channels; c++)
            {
                double value = x.Floats[(row * shape.Channels) + first + c];
                sums[slot + c] += value;
                sums[slot + channels + c] += value * value;
            }
        }

        return new Operand(new Shape(shape.Batch, 1, slots, 2 * channels), sums);
    }

    private static Operand Shifted(Shape shape, float offset) => new(shape, [.. Operand.Random(shape, 1).Floats.ToArray().Select(v => v + offset)]);
}
