using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

/// <summary>How many kernels a family of ops compiles, whatever its operands: each costs the time to a first picture.</summary>
[TestClass]
public sealed class KernelCountTests
{
    // Beside single-precision inputs: one a weight's type, the ops that prologues are (two scalings and a norm), and the packing of 2 and of 4 bytes.
    private const int Products = 8;

    private const int ProductsOfType = 4;

    private static readonly ElementType[] WeightTypes = [ElementType.F32, ElementType.F16, ElementType.BF16];

    [TestMethod]
    public void ProductsOfAllKindsShareTheirKernels()
    {
        using GpuDevice device = TestDevice.Open();
        Run(device, ElementType.F32, WeightTypes);
        Assert.AreEqual(Products, device.Host.LoadedKernels);

        // Of each 16-bit type the product and what prologues are; packing is of any type.
        Run(device, ElementType.F16, [ElementType.F16]);
        Run(device, ElementType.BF16, [ElementType.BF16]);
        Assert.AreEqual(Products + (2 * ProductsOfType), device.Host.LoadedKernels);
    }

    [TestMethod]
    public void AttentionsOfAllKindsShareAKernelOfEachType()
    {
        using GpuDevice device = TestDevice.Open();
        foreach ((int depth, ElementType type) in new[] { 8, 40, 64, 160 }.SelectMany(depth => StorageTypes.All.Select(type => (depth, type))))
        {
            Operand x = Operand.Random(new Shape(1, 2, 3, 2 * depth), 1).As(type), tiles = new(new Shape(1, 1, 1, 4), [0, 2, 0, 3]);
            foreach (bool causal in (bool[])[false, true])
            {
                DeviceRunner.Run(device, new Attention(2, 1, causal, false, new(new SegmentForm(Bias: true))), [x, x, x, Operand.Random(new Shape(1, 1, 1, 6), 2)]);
            }

            DeviceRunner.Run(device, new Attention(2, 1, false, true, new(new SegmentForm(Bounds: true), default)), [x, tiles, x, x, tiles, x, x]);
        }

        Assert.AreEqual(StorageTypes.All.Length, device.Host.LoadedKernels);
    }

    private static void Run(GpuDevice device, ElementType stored, ElementType[] weights)
    {
        foreach (ElementType type in weights)
        {
            foreach (Prologue prologue in Enum.GetValues<Prologue>())
            {
                foreach (Activation activation in Enum.GetValues<Activation>())
                {
                    ProductCase.Linear(new Shape(2, 1, 3, 5), 4, prologue, new Epilogue(true, true, activation, Gated: true, Residual: true), type, type: stored).Run(device);
                    ProductCase.Linear(new Shape(2, 1, 3, 5), 4, prologue, new Epilogue(Activation: activation), type, type: stored).Run(device);
                    if (prologue != Prologue.LayerNorm)
                    {
                        ProductCase.Convolution(new Shape(2, 3, 3, 5), 4, new Grid(3, 3), 2, Padding.All(1), default, prologue, new Epilogue(true, true, activation, Residual: true), type, type: stored).Run(device);
                    }
                }
            }
        }
    }
}
