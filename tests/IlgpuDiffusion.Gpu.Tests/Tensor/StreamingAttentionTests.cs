using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Gpu.Tests.Conformance;
using Head32 = IlgpuDiffusion.Gpu.HeadPair<IlgpuDiffusion.Gpu.HeadSlice, IlgpuDiffusion.Gpu.HeadSlice>;

namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>Attention on emulated tensor cores against the formula in 64 bits.</summary>
[TestClass]
public sealed class StreamingAttentionTests
{
    [TestMethod]
    public void HeadsOf40ArePadded() => Check<Float16, HeadPair<Head32, HeadSlice>, Output16<Float16>>(1, 1, 40, 33, 77, 0);

    [TestMethod]
    public void HeadsOf64OfTwoImagesLookAtTwoSegments() => Check<BFloat16, HeadPair<Head32, Head32>, Output32>(2, 2, 64, 70, 65, 7);

    [TestMethod]
    public void HeadsOf80LookAtTwoLongSegments() => Check<BFloat16, HeadPair<HeadPair<Head32, Head32>, HeadSlice>, Output32>(1, 1, 80, 5, 66, 128);

    [TestMethod]
    public void HeadsOf128() => Check<BFloat16, HeadPair<HeadPair<Head32, Head32>, HeadPair<Head32, Head32>>, Output32>(1, 1, 128, 3, 64, 0);

    [TestMethod]
    public void HeadsOf160() => Check<Float16, HeadPair<HeadPair<HeadPair<Head32, Head32>, HeadPair<Head32, Head32>>, Head32>, Output32>(1, 2, 160, 9, 40, 0);

    [TestMethod]
    public void AQueryWithoutKeysGivesZero() => Check<BFloat16, HeadPair<Head32, Head32>, Output32>(1, 1, 64, 2, 0, 0);

    private static void Check<TNumber, THead, TFormat>(int batch, int heads, int width, int queries, int first, int second)
        where TNumber : struct, INumber16
        where THead : struct, IHead<THead>
        where TFormat : struct, IOutputFormat
    {
        int channels = heads * width;
        float[] q = Numbers16<TNumber>.Random(1, batch * queries * channels);
        float[] k0 = Numbers16<TNumber>.Random(2, batch * Math.Max(1, first) * channels);
        float[] v0 = Numbers16<TNumber>.Random(3, batch * Math.Max(1, first) * channels);
        float[] k1 = Numbers16<TNumber>.Random(4, Math.Max(1, second) * channels);
        float[] v1 = Numbers16<TNumber>.Random(5, Math.Max(1, second) * channels);
        double scale = 4 / Math.Sqrt(width);
        FlashAttentionShape shape = new()
        {
            Queries = queries,
            Height = 1,
            Width = queries,
            Chunks = width / 8,
            StrideQ = channels / 8,
            StrideO = channels,
            Scale = (float)(scale / Math.Log(2)),
            First = new() { Height = 1, Width = first, Tokens = first, StrideK = channels / 8, StrideV = channels / 8, Sharing = 1 },
            Second = new() { Height = 1, Width = second, Tokens = second, StrideK = channels / 8, StrideV = channels / 8, Sharing = batch },
        };
        using Lab lab = new();
        using MemoryBuffer1D<U4, Stride1D.Dense> asked = Chunks(q);
        using MemoryBuffer1D<U4, Stride1D.Dense> firstKeys = Chunks(k0);
        using MemoryBuffer1D<U4, Stride1D.Dense> firstValues = Chunks(v0);
        using MemoryBuffer1D<U4, Stride1D.Dense> secondKeys = Chunks(k1);
        using MemoryBuffer1D<U4, Stride1D.Dense> secondValues = Chunks(v1);
        using MemoryBuffer1D<uint, Stride1D.Dense> result = lab.Accelerator.Allocate1D<uint>(q.Length);
        lab.Accelerator.LoadKernel<FlashAttentionShape, ArrayView<U4>, AttentionSegment, AttentionSegment, ArrayView<int>, ArrayView<uint>>(FlashAttentionKernel.Stream<EmulatedTensorCores<TNumber>, THead, TokensInOrder, TFormat>)(
            lab.Stream,
            Launches.Emulated<TNumber>(new((queries + HeadTile.Rows - 1) / HeadTile.Rows, heads, batch), HeadTile.Threads, HeadTile.SharedBytes(THead.Slices)),
            shape,
            asked.View,
            new() { Keys = firstKeys.View.BaseView, Values = firstValues.View.BaseView, Bounds = result.View.BaseView.Cast<int>() },
            new() { Keys = secondKeys.View.BaseView, Values = secondValues.View.BaseView, Bounds = result.View.BaseView.Cast<int>() },
            result.View.BaseView.Cast<int>(),
            result.View);
        lab.Accelerator.Synchronize();
        uint[] words = result.GetAsArray1D();
        float[] got = typeof(TFormat) == typeof(Output32) ? [.. words.Select(BitConverter.UInt32BitsToSingle)] : Numbers16<TNumber>.Numbers(words, q.Length);

        // Weights are rounded to 16 bits, and a result of 16 bits once more.
        double tolerance = 2.1 * Numbers16<TNumber>.Rounding;
        for (int i = 0; i < q.Length; i++)
        {
            (int image, int query, int head, int column) = (i / channels / queries, i / channels % queries, i % channels / width, i % width);
            List<(double Score, double Value)> seen = [];
            for (int key = 0; key < first; key++)
            {
                Look(k0, v0, (image * first) + key);
            }

            for (int key = 0; key < second; key++)
            {
                Look(k1, v1, key);
            }

            double exact = 0;
            if (seen.Count > 0)
            {
                double largest = seen.Max(pair => pair.Score);
                exact = seen.Sum(pair => Math.Exp(pair.Score - largest) * pair.Value) / seen.Sum(pair => Math.Exp(pair.Score - largest));
            }

            Assert.AreEqual(exact, got[i], tolerance, $"image {image}, query {query}, head {head}, column {column}");

            void Look(float[] keys, float[] values, int row)
            {
                double score = 0;
                for (int j = 0; j < width; j++)
                {
                    score += (double)q[(((image * queries) + query) * channels) + (head * width) + j] * keys[(row * channels) + (head * width) + j];
                }

                seen.Add((score * scale, values[(row * channels) + (head * width) + column]));
            }
        }

        MemoryBuffer1D<U4, Stride1D.Dense> Chunks(float[] numbers) => lab.Accelerator.Allocate1D(Numbers16<TNumber>.Chunks(numbers, numbers.Length / channels, channels, channels / 8));
    }
}
