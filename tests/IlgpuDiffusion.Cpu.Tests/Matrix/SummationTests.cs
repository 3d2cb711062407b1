using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

/// <summary>The order of adding depends on the summed inputs alone.</summary>
[TestClass]
public sealed class SummationTests
{
    [TestMethod]
    public void ThreadsDoNotChangeTheBits()
    {
        ProductCase linear = ProductCase.Linear(new Shape(2, 1, 333, 200), 300, Prologue.LayerNorm, new Epilogue(true, Activation: Activation.Gelu, Gated: true), ElementType.F16);
        ProductCase convolution = ProductCase.Convolution(new Shape(2, 20, 20, 140), 70, new Grid(3, 3), 1, Padding.All(1), prologue: Prologue.ScaleShiftSilu);
        foreach (ProductCase product in (ProductCase[])[linear, convolution])
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
        const int inputs = 300, outputs = 100;
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
    public void TheBatchDoesNotChangeTheBitsOfAnImage()
    {
        using WorkerPool pool = new(2);
        Conv2d op = new(1, Padding.All(1));
        foreach ((int height, int width) in ((int, int)[])[(4, 4), (9, 7), (30, 30)])
        {
            const int batch = 5, inputs = 150, outputs = 40;
            Shape x = new(batch, height, width, inputs), w = new(outputs, inputs, 3, 3);
            float[] weight = Values((int)w.Count, 1), values = Values((int)x.Count, 2);
            float[] all = Multiply(pool, op, values, x, weight, w, x with { Channels = outputs });
            int image = height * width * inputs, result = height * width * outputs;
            for (int b = 0; b < batch; b++)
            {
                float[] one = Multiply(pool, op, values[(b * image)..((b + 1) * image)], x with { Batch = 1 }, weight, w, new Shape(1, height, width, outputs));
                CollectionAssert.AreEqual(all[(b * result)..((b + 1) * result)], one, $"image {b} of {height}×{width}");
            }
        }
    }

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

    private static float[] Multiply(WorkerPool pool, Op op, float[] x, Shape xShape, float[] weight, Shape weightShape, Shape resultShape)
    {
        TensorType[] types = [new(xShape), new(weightShape)];
        Operands operands = new(types, [new TensorType(resultShape)]);
        Prepared prepared = op is Conv2d convolution ? Products.Conv2d(pool, convolution, operands) : Products.Linear(pool, (Linear)op, operands);
        using NativeFloats a = NativeFloats.Rows(x, xShape.Channels, xShape.Channels), b = NativeFloats.Rows(weight, weight.Length, weight.Length);
        using NativeFloats y = new(resultShape.Count * sizeof(float)), scratch = new(prepared.Scratch);
        prepared.Bind([a.Place(xShape.Channels), b.Place(1), y.Place(resultShape.Channels), scratch.Place(1)], "test").Run(default, CancellationToken.None);
        return y.Floats.ToArray();
    }
}
