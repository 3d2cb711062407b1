using System.Runtime.InteropServices;
using IlgpuDiffusion.Gpu.Tests.Tensor;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>The PTX of layer norms of rows in a warp's registers, run instruction by instruction.</summary>
[TestClass]
public sealed class PtxLayerNormRunTests
{
    private const double Epsilon = 1e-5;

    private static readonly PtxCode Code = PtxLab.Of(typeof(LayerNormKernel).GetMethod(nameof(LayerNormKernel.Run))!.MakeGenericMethod(typeof(ushort), typeof(BFloat16Format)), LayerNormForm.Form.Specialization);

    [TestMethod]
    [DataRow(1, 8, 0)]
    [DataRow(5, 320, 0)]
    [DataRow(3, 640, 8)]
    [DataRow(3, 768, 3)]
    [DataRow(6, 1280, 0)]
    public void RowsAreNormalised(int rows, int channels, int gap)
    {
        int stride = channels + gap;
        float[] x = Numbers16<BFloat16>.Random(1, rows * stride), gamma = Numbers16<BFloat16>.Random(2, channels), beta = Numbers16<BFloat16>.Random(3, channels);
        int way = gap % Octets.Size == 0 ? Octets.Wide : Octets.Single;
        LayerNormShape shape = new()
        {
            Rows = rows,
            Eights = channels / Octets.Size,
            OneByChannels = 1f / channels,
            Epsilon = (float)Epsilon,
            FromStride = stride,
            FromWay = way,
            ToStride = stride,
            ToWay = way,
            TableWay = Octets.Wide,
        };
        PtxMemory memory = new();
        byte[] result = memory.View(new ushort[rows * stride]);
        byte[][] arguments = [MemoryMarshal.AsBytes(new ReadOnlySpan<LayerNormShape>(in shape)).ToArray(), memory.View(Array.ConvertAll(x, Brain)), memory.View(gamma), memory.View(beta), result];
        PtxGroup.Run(Code.Program(0), memory, arguments, LayerNormKernel.Threads, 0, ((rows + LayerNormKernel.Rows - 1) / LayerNormKernel.Rows, 1, 1));
        ushort[] got = memory.Read<ushort>(result);
        for (int row = 0; row < rows; row++)
        {
            double[] line = [.. x.Skip(row * stride).Take(channels).Select(number => (double)number)];
            double mean = line.Average(), variance = line.Average(number => (number - mean) * (number - mean));
            for (int c = 0; c < stride; c++)
            {
                double expected = c < channels ? ((line[c] - mean) / Math.Sqrt(variance + Epsilon) * gamma[c]) + beta[c] : 0;
                float found = BitConverter.UInt32BitsToSingle((uint)got[(row * stride) + c] << 16);
                Assert.AreEqual(expected, found, 1.01 * Numbers16<BFloat16>.Rounding * (1 + Math.Abs(expected)), $"row {row}, channel {c}");
            }
        }
    }

    private static ushort Brain(float number) => (ushort)(BitConverter.SingleToUInt32Bits(number) >> 16);
}
