using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using IlgpuDiffusion.Gpu.Cuda;
using IlgpuDiffusion.Gpu.Tests.Tensor;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>The code that ILGPU makes for CUDA, run instruction by instruction: its results, and that its items do not race.</summary>
[TestClass]
public sealed class PtxRunTests
{
    [TestMethod]
    public void AProductOfBFloatsIsTheirSum() => Product<BFloat16>("GEMM 128×128 bf16", new(130, 132, 72) { Bias = true, Residual = true });

    [TestMethod]
    public void AWideProductOfHalvesWithARowBias() => Product<Float16>("GEMM 128×160 f16", new(40, 163, 40) { RowsPerRowBias = 8, Activation = Activation.Silu });

    [TestMethod]
    [DataRow("GEMM 128×128 f16", 20)]
    [DataRow("GEMM 128×160 by eight warps f16", 70)]
    public void AProductIsGated(string kernel, int rows) => Product<Float16>(kernel, new(rows, 136, 64) { Bias = true, Gated = true, Activation = Activation.Gelu });

    [TestMethod]
    [DataRow("attention 48 f16", 40, 33, 77, false)]
    [DataRow("attention 64 f16", 64, 70, 130, false)]
    [DataRow("attention 64 f16", 64, 77, 77, true)]
    [DataRow("attention 80 f16", 80, 5, 65, false)]
    [DataRow("attention 128 f16", 128, 9, 140, false)]
    [DataRow("attention 160 f16", 160, 66, 66, true)]
    public void AttentionIsItsFormula(string kernel, int width, int queries, int keys, bool causal) => Attention<Float16>(PtxLab.Of(kernel), width, queries, keys, causal);

    [TestMethod]
    public void WeightsOfARowOfScoresAreItsSoftmax()
    {
        const int Keys = 301, Columns = 304;
        Random random = new(1);
        float[] scores = [.. Enumerable.Range(0, Columns).Select(i => i < Keys ? 40 * random.NextSingle() : float.NaN)];
        PtxMemory memory = new();
        byte[] result = memory.View(new uint[Columns / 2]);
        SoftmaxShape shape = new() { Keys = Keys, Fours = Columns / 4, Scale = (float)(1 / Math.Log(2)) };
        PtxGroup.Run(PtxLab.Of("softmax f16").Program(0), memory, [Bytes(shape), memory.View(scores), result], SoftmaxRows.Threads, 0, (1, 1, 1));
        float[] got = Numbers16<Float16>.Numbers(memory.Read<uint>(result), Columns);
        double largest = scores.Take(Keys).Max(), sum = scores.Take(Keys).Sum(score => Math.Exp(score - largest));
        for (int i = 0; i < Columns; i++)
        {
            Assert.AreEqual(i < Keys ? Math.Exp(scores[i] - largest) / sum : 0, got[i], 2 * Numbers16<Float16>.Rounding * Math.Max(got[i], 1e-4), $"key {i}");
        }
    }

    [TestMethod]
    public void EveryBarrierAndWaitIsNeeded()
    {
        string code = PtxLab.Of("attention 64 f16").Text;
        Match[] meetings = [.. (IEnumerable<Match>)Regex.Matches(code, @"bar\.sync\s+0;|cp\.async\.wait_group \d;")];
        int noticed = 0;
        foreach (Match meeting in meetings)
        {
            try
            {
                Attention<Float16>(new PtxCode("edited", code.Remove(meeting.Index, meeting.Length)), 64, 3, 140, false);
            }
            catch (InvalidOperationException)
            {
                noticed++;
            }
        }

        // The last one stands behind the loop, where nothing is read any more.
        Assert.AreEqual(5, meetings.Length);
        Assert.AreEqual(meetings.Length - 1, noticed);
    }

    private static void Product<TNumber>(string kernel, GemmCase gemm)
        where TNumber : struct, INumber16
    {
        TensorKernel tensor = TensorKernel.All.Single(known => known.Name == kernel);
        (int m, int n, int k) = (gemm.M, gemm.N, gemm.K);
        int columns = tensor.MultiplyAdds * tensor.Threads / 64, stride = (k + 7) / 8;
        float[] a = Numbers16<TNumber>.Random(1, m * k), w = Numbers16<TNumber>.Random(2, n * k), bias = Numbers16<TNumber>.Random(3, n), rowBias = Numbers16<TNumber>.Random(4, m * n), residual = Numbers16<TNumber>.Random(5, m * gemm.Outputs);
        GemmShape shape = gemm.Shape(stride, columns);
        PtxMemory memory = new();
        byte[] result = memory.View(new uint[(residual.Length + 1) / 2]);
        byte[][] arguments =
        [
            Bytes(shape),
            memory.View(Numbers16<TNumber>.Chunks(a, m, k, stride)),
            memory.View(Numbers16<TNumber>.Chunks(w, n, k, stride)),
            [.. memory.View(bias), .. memory.View(rowBias), .. memory.View(Numbers16<TNumber>.Words(residual))],
            result,
        ];
        PtxGroup.Run(PtxLab.Of(tensor).Program(tensor.SharedBytes), memory, arguments, tensor.Threads, tensor.SharedBytes, (shape.TilesM * shape.TilesN, 1, 1));
        float[] got = Numbers16<TNumber>.Numbers(memory.Read<uint>(result), residual.Length);
        for (int row = 0; row < m; row++)
        {
            for (int column = 0; column < gemm.Outputs; column++)
            {
                double exact = gemm.Exact(row, column, output => Enumerable.Range(0, k).Sum(i => (double)a[(row * k) + i] * w[(output * k) + i]), bias, rowBias, residual, out double scale);
                Assert.AreEqual(exact, got[(row * gemm.Outputs) + column], 1.05 * Numbers16<TNumber>.Rounding * scale, $"row {row}, column {column}");
            }
        }
    }

    private static void Attention<TNumber>(PtxCode code, int width, int queries, int keys, bool causal)
        where TNumber : struct, INumber16
    {
        float[] q = Numbers16<TNumber>.Random(1, queries * width), k = Numbers16<TNumber>.Random(2, keys * width), v = Numbers16<TNumber>.Random(3, keys * width);
        double scale = 4 / Math.Sqrt(width);
        FlashAttentionShape shape = new()
        {
            Queries = queries,
            Height = 1,
            Width = queries,
            Chunks = width / 8,
            StrideQ = width / 8,
            StrideO = width,
            Scale = (float)(scale / Math.Log(2)),
            Causal = causal ? 1 : 0,
            First = new() { Height = 1, Width = keys, Tokens = keys, StrideK = width / 8, StrideV = width / 8, Sharing = 1 },
            Second = new() { Sharing = 1 },
        };
        PtxMemory memory = new();
        byte[] asked = memory.View(Numbers16<TNumber>.Chunks(q, queries, width, width / 8)), result = memory.View(new uint[q.Length / 2]);
        byte[] segment = [.. memory.View(Numbers16<TNumber>.Chunks(k, keys, width, width / 8)), .. memory.View(Numbers16<TNumber>.Chunks(v, keys, width, width / 8)), .. asked];
        PtxGroup.Run(code.Program(HeadTile.SharedBytes(Heads.Slices(width))), memory, [Bytes(shape), asked, segment, segment, asked, result], HeadTile.Threads, HeadTile.SharedBytes(Heads.Slices(width)), ((queries + HeadTile.Rows - 1) / HeadTile.Rows, 1, 1));
        float[] got = Numbers16<TNumber>.Numbers(memory.Read<uint>(result), q.Length);
        for (int query = 0; query < queries; query++)
        {
            double[] scores = [.. Enumerable.Range(0, causal ? query + 1 : keys).Select(key => scale * Enumerable.Range(0, width).Sum(i => (double)q[(query * width) + i] * k[(key * width) + i]))];
            double[] weights = [.. scores.Select(score => Math.Exp(score - scores.Max()))];
            for (int column = 0; column < width; column++)
            {
                Assert.AreEqual(weights.Select((weight, key) => weight * v[(key * width) + column]).Sum() / weights.Sum(), got[(query * width) + column], 2.1 * Numbers16<TNumber>.Rounding, $"query {query}, column {column}");
            }
        }
    }

    private static byte[] Bytes<T>(T shape)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in shape)).ToArray();
}
