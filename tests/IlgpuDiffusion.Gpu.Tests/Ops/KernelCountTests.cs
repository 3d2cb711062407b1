using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Gpu.Tests.Ops;

/// <summary>How many kernels a family of ops compiles, whatever its operands: each costs the time to a first picture.</summary>
[TestClass]
public sealed class KernelCountTests
{
    // One a weight's type, the ops that prologues are (two scalings and a norm), and the packing of 2 and of 4 bytes.
    private const int Products = 8;

    private const int Attentions = 1;

    private static readonly ElementType[] WeightTypes = [ElementType.F32, ElementType.F16, ElementType.BF16];

    [TestMethod]
    public void ProductsOfAllKindsShareTheirKernels()
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu);
        foreach (ElementType type in WeightTypes)
        {
            foreach (Prologue prologue in Enum.GetValues<Prologue>())
            {
                foreach (Activation activation in Enum.GetValues<Activation>())
                {
                    ProductCase.Linear(new Shape(2, 1, 3, 5), 4, prologue, new Epilogue(true, true, activation, Gated: true, Residual: true), type).Run(device);
                    ProductCase.Linear(new Shape(2, 1, 3, 5), 4, prologue, new Epilogue(Activation: activation), type).Run(device);
                    if (prologue != Prologue.LayerNorm)
                    {
                        ProductCase.Convolution(new Shape(2, 3, 3, 5), 4, new Grid(3, 3), 2, Padding.All(1), default, prologue, new Epilogue(true, true, activation, Residual: true), type).Run(device);
                    }
                }
            }
        }

        Assert.AreEqual(Products, device.Host.LoadedKernels);
    }

    [TestMethod]
    public void AttentionsOfAllKindsShareTheirKernel()
    {
        using GpuDevice device = GpuDevice.Open(GpuKind.IlgpuCpu);
        foreach (int depth in (int[])[8, 40, 64, 160])
        {
            Operand x = Operand.Random(new Shape(1, 2, 3, 2 * depth), 1), tiles = new(new Shape(1, 1, 1, 4), [0, 2, 0, 3]);
            foreach (bool causal in (bool[])[false, true])
            {
                DeviceRunner.Run(device, new Attention(2, 1, causal, false, new(new SegmentForm(Bias: true))), [x, x, x, Operand.Random(new Shape(1, 1, 1, 6), 2)]);
            }

            DeviceRunner.Run(device, new Attention(2, 1, false, true, new(new SegmentForm(Bounds: true), default)), [x, tiles, x, x, tiles, x, x]);
        }

        Assert.AreEqual(Attentions, device.Host.LoadedKernels);
    }
}
