using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

/// <summary>The order of adding depends on the summed inputs alone.</summary>
[TestClass]
internal sealed class SummationTests
{
    [TestMethod]
    public void ThreadsDoNotChangeTheBits()
    {
        ProductCase linear = ProductCase.Linear(new Shape(2, 1, 333, 200), 300, Prologue.LayerNorm, new Epilogue(true, Activation: Activation.Gelu, Gated: true), ElementType.F16);
        ProductCase packed = ProductCase.Linear(new Shape(2, 1, 77, 200), 300, Prologue.LayerNorm, new Epilogue(true, Activation: Activation.QuickGelu), ElementType.BF16);
        ProductCase convolution = ProductCase.Convolution(new Shape(2, 20, 20, 140), 70, new Grid(3, 3), 1, Padding.All(1), prologue: Prologue.ScaleShiftSilu);
        ProductCase four = ProductCase.Convolution(new Shape(2, 20, 20, 140), 70, new Grid(3, 3), 1, Padding.All(1), prologue: Prologue.ScaleShiftSilu, method: ConvolutionMethod.Winograd4);
        ProductCase two = ProductCase.Convolution(new Shape(2, 20, 20, 140), 70, new Grid(3, 3), 1, Padding.All(1), weights: ElementType.F16, method: ConvolutionMethod.Winograd2);
        ProductCase doubled = ProductCase.Convolution(new Shape(2, 20, 20, 140), 70, new Grid(3, 3), 1, Padding.All(1), new Grid(40, 40), phases: true);
        ProductCase tiles = ProductCase.Convolution(new Shape(2, 20, 20, 140), 70, new Grid(3, 3), 1, Padding.All(1), new Grid(40, 40), method: ConvolutionMethod.WinogradPhases, phases: true);
        foreach (ProductCase product in (ProductCase[])[linear, packed, convolution, four, two, doubled, tiles])
        {
            using WorkerPool one = new(1);
            float[] expected = product.Run(one);
            for (int threads = 2; threads <= 4; threads++)
            {
                using WorkerPool pool = new(threads);
                CollectionAssert.AreEqual(expected, product.Run(pool));
            }
        }
    }

    [TestMethod]
    public void TheNumberOfRowsDoesNotChangeTheBitsOfARow()
    {
        using WorkerPool pool = new(2);
        const int inputs = 300, outputs = 300;
        float[] weight = Values(outputs * inputs, 1), x = Values(600 * inputs, 2);
        float[] all = Multiply(pool, new Linear(), x, new Shape(1, 1, 600, inputs), weight, Shape.Matrix(outputs, inputs), new Shape(1, 1, 600, outputs));
        Random random = new(3);
        foreach (int rows in (int[])[1, 2, 7, 8, 13, 14, 77, 154, 225, 450])
        {
            int first = random.Next(600 - rows);
            float[] part = Multiply(pool, new Linear(), x[(first * inputs)..((first + rows) * inputs)], new Shape(1, 1, rows, inputs), weight, Shape.Matrix(outputs, inputs), new Shape(1, 1, rows, outputs));
            CollectionAssert.AreEqual(all[(first * outputs)..((first + rows) * outputs)], part, $"{rows} rows from {first}");
        }
    }

    [TestMethod]
    [DataRow(ConvolutionMethod.Direct)]
    [DataRow(ConvolutionMethod.Winograd2)]
    [DataRow(ConvolutionMethod.Winograd4)]
    public void TheBatchDoesNotChangeTheBitsOfAnImage(ConvolutionMethod method)
    {
        using WorkerPool pool = new(2);
        foreach ((int height, int width, int factor) in ((int, int, int)[])[(4, 4, 1), (9, 7, 1), (30, 30, 1), (4, 4, 2), (9, 7, 2), (1, 65, 2)])
        {
            Conv2d op = new(1, Padding.All(1), factor == 1 ? default : new Grid(2 * height, 2 * width), Winograd: true, Phases: factor == 2);
            const int batch = 5, inputs = 150, outputs = 40;
            Shape x = new(batch, height, width, inputs), w = new(outputs, inputs, 3, 3);
            float[] weight = Values((int)w.Count, 1), values = Values((int)x.Count, 2);
            float[] all = Multiply(pool, op, values, x, weight, w, new Shape(batch, factor * height, factor * width, outputs), method);
            int image = height * width * inputs, result = factor * height * factor * width * outputs;
            for (int b = 0; b < batch; b++)
            {
                float[] one = Multiply(pool, op, values[(b * image)..((b + 1) * image)], x with { Batch = 1 }, weight, w, new Shape(1, factor * height, factor * width, outputs), method);
                CollectionAssert.AreEqual(all[(b * result)..((b + 1) * result)], one, $"image {b} of {height}×{width} times {factor}");
            }
        }
    }

    /// <summary>Tall enough for several chunks, strips and ranges of tiles; the lower image begins where other tiles, chunks and ranges do.</summary>
    [TestMethod]
    [DataRow(ConvolutionMethod.Winograd2)]
    [DataRow(ConvolutionMethod.Winograd4)]
    public void ThePartitionOfTilesDoesNotChangeTheBits(ConvolutionMethod method)
    {
        using WorkerPool pool = new(2);
        Conv2d op = new(1, default, Winograd: true);
        const int height = 402, width = 70, inputs = 130, outputs = 6, cut = 204;
        Shape w = new(outputs, inputs, 3, 3), x = new(1, height, width, inputs), y = new(1, height - 2, width - 2, outputs);
        WinogradPlan plan = WinogradPlan.Create(method, x, y, new Panels(true, false).Size(w), default, new Grid(height, width));
        Assert.IsGreaterThan(2, plan.Chunks);
        float[] weight = Values((int)w.Count, 1), values = Values((int)x.Count, 2);
        float[] whole = Multiply(pool, op, values, x, weight, w, y, method);
        Shape lower = x with { Height = height - cut };
        float[] part = Multiply(pool, op, values[(cut * width * inputs)..], lower, weight, w, new Shape(1, height - cut - 2, width - 2, outputs), method);
        CollectionAssert.AreEqual(whole[(cut * (width - 2) * outputs)..], part);
    }

    [TestMethod]
    public void TheMethodDoesNotDependOnTheBatch()
    {
        foreach (int side in (int[])[1, 4, 8, 16, 64, 512])
        {
            foreach (int channels in (int[])[3, 4, 32, 128, 320, 1280])
            {
                ConvolutionMethod one = WinogradChoice.Choose(new Shape(1, side, side, channels), new Shape(1, side, side, channels), phases: false);
                Assert.AreEqual(one, WinogradChoice.Choose(new Shape(7, side, side, channels), new Shape(7, side, side, channels), phases: false));
            }
        }
    }

    [TestMethod]
    [DataRow(64, 320, 320, ConvolutionMethod.Winograd4)]
    [DataRow(16, 1280, 1280, ConvolutionMethod.Winograd4)]
    [DataRow(512, 128, 3, ConvolutionMethod.Winograd4)]
    [DataRow(64, 4, 512, ConvolutionMethod.Direct)]
    [DataRow(1, 1280, 1280, ConvolutionMethod.Direct)]
    public void LargeLayersAreComputedByTiles(int side, int channels, int outputs, ConvolutionMethod method) =>
        Assert.AreEqual(method, WinogradChoice.Choose(new Shape(1, side, side, channels), new Shape(1, side, side, outputs), phases: false));

    [TestMethod]
    public void APointwiseConvolutionIsALinearLayer()
    {
        using WorkerPool pool = new(2);
        Shape x = new(2, 6, 7, 200);
        float[] weight = Values(90 * 200, 1), values = Values((int)x.Count, 2);
        CollectionAssert.AreEqual(
            Multiply(pool, new Linear(), values, x, weight, Shape.Matrix(90, 200), x with { Channels = 90 }),
            Multiply(pool, new Conv2d(1, default), values, x, weight, new Shape(90, 200, 1, 1), x with { Channels = 90 }));
    }

    private static float[] Values(int count, int seed)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = random.NextSingle() - 0.5f;
        }

        return values;
    }

    private static float[] Multiply(WorkerPool pool, Op op, float[] x, Shape xShape, float[] weight, Shape weightShape, Shape resultShape, ConvolutionMethod? method = null)
    {
        TensorType[] types = [new(xShape), new(weightShape)];
        Operands operands = new(types, [new TensorType(resultShape)]);
        Prepared prepared = op is Conv2d convolution ? Products.Conv2d(pool, convolution, operands, method) : Products.Linear(pool, (Linear)op, operands);
        using NativeFloats a = NativeFloats.Rows(x, xShape.Channels, xShape.Channels), b = NativeFloats.Rows(weight, weight.Length, weight.Length);
        using NativeFloats y = new(resultShape.Count * sizeof(float)), scratch = new(prepared.Scratch);
        prepared.Bind([a.Place(xShape.Channels), b.Place(1), y.Place(resultShape.Channels), scratch.Place(1)], "test").Run(default, CancellationToken.None);
        return y.Floats.ToArray();
    }
}
