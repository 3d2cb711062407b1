using System.Runtime.InteropServices;
using IlgpuDiffusion.Gpu.Cuda;
using IlgpuDiffusion.Gpu.Tests.Tensor;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>CUDA's code of convolutions by 3×3 with a border of zeros, run instruction by instruction.</summary>
[TestClass]
public sealed class PtxConvolutionRunTests
{
    private const int Height = 5, Width = 6;

    [TestMethod]
    [DataRow("convolution 128×128 bf16", 32, 9, 1, 1)]
    [DataRow("convolution 128×160 bf16", 40, 33, 1, 2)]
    [DataRow("convolution 128×160 by eight warps bf16", 40, 137, 1, 1)]
    [DataRow("resized convolution 128×128 bf16", 40, 3, 2, 1)]
    public void AConvolutionOnTensorCoresIsItsSum(string kernel, int channels, int outputs, int factor, int step)
    {
        Case c = new(channels, outputs, factor, step);
        TensorKernel tensor = TensorKernel.All.Single(known => known.Name == kernel);
        int columns = tensor.MultiplyAdds * tensor.Threads / 64;
        GemmShape shape = new()
        {
            M = c.Rows,
            N = outputs,
            K = c.K,
            StrideA = channels / 8,
            StrideW = c.K / 8,
            StrideC = outputs,
            Fours = outputs % 4 == 0 ? 1 : 0,
            TilesM = 1,
            TilesN = 1,
            Picture = new PictureShape
            {
                Height = Height,
                Width = Width,
                GridHeight = Height * factor,
                GridWidth = Width * factor,
                ResultHeight = c.ResultHeight,
                ResultWidth = c.ResultWidth,
                Chunks = channels / 8,
                KernelWidth = 3,
                Stride = step,
                Top = 1,
                Left = 1,
                RowFactor = PictureShape.Factor(Height, Height * factor),
                ColumnFactor = PictureShape.Factor(Width, Width * factor),
            },
        };
        PtxMemory memory = new();
        byte[] result = memory.View(new uint[((c.Rows * outputs) + 1) / 2]), none = memory.View(new uint[1]);
        byte[][] arguments =
        [
            Bytes(shape),
            memory.View(Numbers16<BFloat16>.Chunks(c.Picture, Height * Width, channels, channels / 8)),
            memory.View(Numbers16<BFloat16>.Chunks(c.Weight, outputs, c.K, c.K / 8)),
            [.. none, .. none, .. none],
            result,
        ];
        Assert.IsLessThanOrEqualTo(GemmTile.Rows, c.Rows);
        Assert.IsLessThanOrEqualTo(columns, outputs);
        PtxGroup.Run(PtxLab.Of(tensor).Program(tensor.SharedBytes), memory, arguments, tensor.Threads, tensor.SharedBytes, (1, 1, 1));
        c.Check(Numbers16<BFloat16>.Numbers(memory.Read<uint>(result), c.Rows * outputs), 1.05 * Numbers16<BFloat16>.Rounding);
    }

    [TestMethod]
    [DataRow(12, 20, 1, 1)]
    [DataRow(3, 7, 2, 2)]
    public void AConvolutionInSinglePrecisionIsItsSum(int channels, int outputs, int factor, int step)
    {
        Case c = new(channels, outputs, factor, step);
        BlockShape shape = new()
        {
            Product = new ProductShape
            {
                Rows = c.Rows,
                Columns = outputs,
                Inputs = channels,
                KernelHeight = 3,
                KernelWidth = 3,
                Stride = step,
                Top = 1,
                Left = 1,
                SourceHeight = Height,
                SourceWidth = Width,
                GridHeight = Height * factor,
                GridWidth = Width * factor,
                Height = c.ResultHeight,
                Width = c.ResultWidth,
                XStride = channels,
                YStride = outputs,
                WeightOutput = c.K,
                WeightTap = channels,
                WeightInput = 1,
            },
            K = c.K,
            Inputs = Divisor.Of(channels),
            KernelWidth = Divisor.Of(3),
            RowFactor = PictureShape.Factor(Height, Height * factor),
            ColumnFactor = PictureShape.Factor(Width, Width * factor),
            FoursOfX = channels % 4 == 0 ? 1 : 0,
            FoursOfWeight = c.K % 4 == 0 ? 1 : 0,
            Blocks = 1,
        };
        TensorKernel kernel = TensorKernel.Blocks.Single(known => known.Name == "product f32 by f32");
        PtxMemory memory = new();
        byte[] result = memory.View(new float[c.Rows * outputs]), none = memory.View(new float[1]);
        PtxGroup.Run(PtxLab.Of(kernel).Program(kernel.SharedBytes), memory, [Bytes(shape), memory.View(c.Picture), memory.View(c.Weight), none, none, none, result], kernel.Threads, kernel.SharedBytes, (1, 1, 1));
        c.Check(memory.Read<float>(result), 1e-6);
    }

    private static byte[] Bytes<T>(T shape)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in shape)).ToArray();

    // A picture [Height, Width, Channels], enlarged by a factor, and a weight [Outputs, 3, 3, Channels].
    private sealed record Case(int Channels, int Outputs, int Factor, int Step)
    {
        public float[] Picture { get; } = Numbers16<BFloat16>.Random(1, Height * Width * Channels);

        public float[] Weight { get; } = Numbers16<BFloat16>.Random(2, Outputs * 9 * Channels);

        public int K => 9 * Channels;

        public int ResultHeight => (((Height * Factor) - 1) / Step) + 1;

        public int ResultWidth => (((Width * Factor) - 1) / Step) + 1;

        public int Rows => ResultHeight * ResultWidth;

        public void Check(float[] got, double tolerance)
        {
            for (int i = 0; i < got.Length; i++)
            {
                (int row, int column, int output) = (i / Outputs / ResultWidth, i / Outputs % ResultWidth, i % Outputs);
                double exact = 0;
                for (int tap = 0; tap < 9; tap++)
                {
                    (int y, int x) = ((row * Step) + (tap / 3) - 1, (column * Step) + (tap % 3) - 1);
                    bool isInside = y >= 0 && y < Height * Factor && x >= 0 && x < Width * Factor;
                    for (int channel = 0; isInside && channel < Channels; channel++)
                    {
                        exact += (double)Picture[(((y / Factor * Width) + (x / Factor)) * Channels) + channel] * Weight[(((output * 9) + tap) * Channels) + channel];
                    }
                }

                Assert.AreEqual(exact, got[i], tolerance * (Math.Sqrt(K) + Math.Abs(exact)), $"row {row}, column {column}, output {output}");
            }
        }
    }
}
