using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Matrix;

/// <summary>The sums that convolutions leave for group norms.</summary>
[TestClass]
public sealed class SumSlotTests
{
    // Not enough channels or pixels to be given to Winograd's by their shape, so each method is asked for.
    private static IEnumerable<(string Name, Shape X, int Outputs, Conv2d Op, ConvolutionMethod? Method)> Cases
    {
        get
        {
            foreach ((int height, int width) in ((int, int)[])[(1, 1), (7, 7), (7, 65), (65, 7), (16, 16), (64, 64)])
            {
                foreach (ConvolutionMethod method in (ConvolutionMethod[])[ConvolutionMethod.Direct, ConvolutionMethod.Winograd2, ConvolutionMethod.Winograd4])
                {
                    yield return ($"{method} {height}×{width}", new Shape(3, height, width, 9), 33, new Conv2d(1, Padding.All(1), Winograd: true, Epilogue: new Epilogue(Bias: true, Residual: true)), method);
                }

                foreach (ConvolutionMethod method in (ConvolutionMethod[])[ConvolutionMethod.Direct, ConvolutionMethod.WinogradPhases])
                {
                    yield return ($"phases, {method} {height}×{width}", new Shape(3, height, width, 9), 70, new Conv2d(1, Padding.All(1), new Grid(2 * height, 2 * width), Winograd: true, Phases: true, Epilogue: new Epilogue(Bias: true)), method);
                }

                yield return ($"stride 2 {height}×{width}", new Shape(3, height, width, 9), 1, new Conv2d(2, Padding.All(1), Epilogue: new Epilogue(Activation: Activation.Silu)), null);
            }

            yield return ("many panels", new Shape(2, 9, 8, 150), 700, new Conv2d(1, Padding.All(1)), ConvolutionMethod.Direct);
            yield return ("an odd line of many tiles", new Shape(2, 5, 260, 3), 40, new Conv2d(1, Padding.All(1), Winograd: true), ConvolutionMethod.Winograd4);
        }
    }

    [TestMethod]
    public void SlotsAddUpToTheSumsOfTheResult()
    {
        foreach ((string name, Shape x, int outputs, Conv2d op, ConvolutionMethod? method) in Cases)
        {
            Operand[] inputs = Operands(x, outputs, op);
            (float[] y, double[] sums, int slots) = Run(op, inputs, method, 2, gap: 5);
            Assert.IsGreaterThan(0, slots, name);
            int tokens = y.Length / outputs / x.Batch;
            for (int image = 0; image < x.Batch; image++)
            {
                for (int c = 0; c < outputs; c++)
                {
                    (double sum, double squares, double size) = (0, 0, 0);
                    for (int i = 0; i < tokens; i++)
                    {
                        double value = y[(((image * tokens) + i) * outputs) + c];
                        (sum, squares, size) = (sum + value, squares + (value * value), size + Math.Abs(value));
                    }

                    double Slots(int channel) => Enumerable.Range(0, slots).Sum(slot => sums[(((image * slots) + slot) * 2 * outputs) + channel]);
                    Assert.AreEqual(sum, Slots(c), 1e-13 * size, $"{name}: Σx of image {image}, channel {c}");
                    Assert.AreEqual(squares, Slots(outputs + c), 1e-13 * squares, $"{name}: Σx² of image {image}, channel {c}");
                }
            }
        }
    }

    [TestMethod]
    public void ThreadsAndBatchDoNotChangeTheBits()
    {
        foreach ((string name, Shape x, int outputs, Conv2d op, ConvolutionMethod? method) in Cases)
        {
            Operand[] inputs = Operands(x, outputs, op);
            (float[] y, double[] sums, int slots) = Run(op, inputs, method, 1);
            (float[] again, double[] sumsAgain, _) = Run(op, inputs, method, 3, gap: 3);
            CollectionAssert.AreEqual(y, again, name);
            CollectionAssert.AreEqual(sums, sumsAgain, name);
            for (int image = 0; image < x.Batch; image++)
            {
                Operand[] alone = [.. inputs.Select((operand, i) => i != 1 && operand.Type.Shape.Batch == x.Batch ? operand.Images(image, 1) : operand)];
                (float[] one, double[] sumsOfOne, int slotsOfOne) = Run(op, alone, method, 2);
                Assert.AreEqual(slots, slotsOfOne, name);
                CollectionAssert.AreEqual(y[(image * one.Length)..((image + 1) * one.Length)], one, name);
                CollectionAssert.AreEqual(sums[(image * sumsOfOne.Length)..((image + 1) * sumsOfOne.Length)], sumsOfOne, name);
            }
        }
    }

    [TestMethod]
    public void SumsDoNotChangeTheResult()
    {
        foreach ((string name, Shape x, int outputs, Conv2d op, ConvolutionMethod? method) in Cases.Where(c => c.X.Height == 7))
        {
            Operand[] inputs = Operands(x, outputs, op);
            CollectionAssert.AreEqual(Run(op, inputs, method, 2, sums: false).Y, Run(op, inputs, method, 2).Y, name);
        }
    }

    [TestMethod]
    public void AConvolutionWhoseTasksReachOverImagesLeavesNone()
    {
        TensorType[] types = [new(new Shape(2, 8, 8, 16)), new(new Shape(4, 16, 1, 1))];
        Conv2d pointwise = new(1, default);
        Assert.AreEqual(0, Products.SumSlots(pointwise, new Operands(types, pointwise.Infer(types))));
        Conv2d asked = pointwise with { Sums = 1 };
        using WorkerPool pool = new(1);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Products.Conv2d(pool, asked, new Operands(types, asked.Infer(types)))).Message, "0 slots, not 1", StringComparison.Ordinal);
    }

    private static Operand[] Operands(Shape x, int outputs, Conv2d op)
    {
        List<Operand> operands = [Operand.Random(x, 1), Operand.Random(new Shape(outputs, x.Channels, 3, 3), 2, 0.1f)];
        Shape result = op.Infer([new TensorType(x), operands[1].Type, .. op.Epilogue.Bias ? (TensorType[])[new(Shape.Vector(outputs))] : [], .. op.Epilogue.Residual ? (TensorType[])[new(x with { Channels = outputs })] : []])[0].Shape;
        if (op.Epilogue.Bias)
        {
            operands.Add(Operand.Random(Shape.Vector(outputs), 3, 10));
        }

        if (op.Epilogue.Residual)
        {
            operands.Add(Operand.Random(result, 4));
        }

        return [.. operands];
    }

    // The weight comes unpacked, so the kernel packs it.
    private static (float[] Y, double[] Sums, int Slots) Run(Conv2d op, Operand[] inputs, ConvolutionMethod? method, int threads, int gap = 0, bool sums = true)
    {
        using WorkerPool pool = new(threads);
        TensorType[] types = [.. inputs.Select(input => input.Type)];
        int slots = Products.SumSlots(op, new Operands(types, op.Infer(types)), method);
        op = op with { Sums = sums ? slots : 0 };
        TensorType[] results = op.Infer(types);
        Prepared prepared = Products.Conv2d(pool, op, new Operands(types, results), method);
        List<NativeFloats> memory = [];
        List<Place> places = [];
        for (int i = 0; i < inputs.Length; i++)
        {
            int channels = types[i].Shape.Channels, stride = i == 1 ? channels : channels + gap;
            memory.Add(NativeFloats.Rows(inputs[i].Floats, channels, stride));
            places.Add(memory[^1].Place(stride));
        }

        Shape y = results[0].Shape;
        memory.Add(NativeFloats.Rows(new float[y.Count], y.Channels, y.Channels + gap));
        places.Add(memory[^1].Place(y.Channels + gap));
        NativeFloats result = memory[^1], left = new(sums ? results[1].Bytes : 0), scratch = new(prepared.Scratch);
        memory.AddRange([left, scratch]);
        places.AddRange([.. sums ? (Place[])[left.Place(results[1].Shape.Channels, ElementType.F64)] : [], scratch.Place(1)]);
        prepared.Bind(places.ToArray(), "test").Run(default, CancellationToken.None);
        float[] values = new float[y.Count];
        for (int row = 0; row < y.Rows; row++)
        {
            result.Floats.Slice(row * (y.Channels + gap), y.Channels).CopyTo(values.AsSpan(row * y.Channels));
        }

        double[] all = MemoryMarshal.Cast<byte, double>(left.Bytes).ToArray();
        memory.ForEach(block => block.AssertGuard());
        memory.ForEach(block => block.Dispose());
        return (values, all, slots);
    }
}
