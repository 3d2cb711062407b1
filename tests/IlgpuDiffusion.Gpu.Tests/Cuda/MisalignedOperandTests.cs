using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;
using IlgpuDiffusion.Testing.Ptx;

namespace IlgpuDiffusion.Gpu.Tests.Cuda;

/// <summary>
/// Kernels whose accesses are of 16 bytes, given operands that begin elsewhere, as slices of wider tensors do: all, the first, or the result alone.
/// A GPU ends a kernel that gets this wrong; the interpreter of CUDA's code says where.
/// </summary>
[TestClass]
public sealed class MisalignedOperandTests
{
    private const int Channels = 64;

    private static readonly Shape Grid = new(2, 3, 5, Channels);

    // Widths that are eights and rows without gaps, so that nothing but the beginning keeps from wide accesses.
    private static readonly (string Name, Op Op, Shape[] Inputs)[] Ops =
    [
        ("one operand", new Unary(Activation.Silu), [Grid]),
        ("two operands", new Binary(BinaryKind.Add), [Grid, Grid]),
        ("three operands", new ScaleShift(Activation.Silu), [Grid, new Shape(2, 1, 1, 2 * Channels)]),
        ("normalized rows", new NormalizeRows(), [Grid, Grid with { Channels = 2 }, Shape.Vector(Channels), Shape.Vector(Channels)]),
        ("gate", new Gated(Activation.Gelu), [Grid with { Channels = 2 * Channels }]),
        ("weighted sum", new WeightedSum(), [Shape.Vector(2), Grid, Grid]),
        ("cast", new Cast(ElementType.F32), [Grid]),
        ("concatenation", new Concat(Axis.Channels), [Grid, Grid]),
        ("resize", new Upsample(6, 10), [Grid]),
        ("statistics of rows", new RowStatistics(1e-5), [Grid]),
        ("statistics of groups", new GroupNormStatistics(8, 1e-5), [Grid, Shape.Vector(Channels), Shape.Vector(Channels)]),
        ("layer norm", new LayerNorm(1e-5), [Grid, Shape.Vector(Channels), Shape.Vector(Channels)]),
        ("product", new Linear(), [Grid, Shape.Matrix(40, Channels)]),
        ("convolution", new Conv2d(1, Padding.All(1)), [Grid, new Shape(24, Channels, 3, 3)]),
        ("attention", new Attention(1, 0.125, false, false, new(default(SegmentForm))), [Grid, Grid, Grid]),
    ];

    public static IEnumerable<object[]> Cases => from op in Ops from type in StorageTypes.All select new object[] { op.Name, type };

    [TestMethod]
    [DynamicData(nameof(Cases))]
    public void WhereverOperandsBeginTheResultIsTheSame(string name, ElementType type)
    {
        (_, Op op, Shape[] shapes) = Ops.Single(known => known.Name == name);
        Operand[] inputs = StorageTypes.Store(op, type, [.. shapes.Select((shape, i) => Operand.Random(shape, i + 1))]);
        using GpuDevice device = PtxRunner.Open();
        using OracleDevice oracle = new();
        float[] expected = DeviceRunner.Run(oracle, op, inputs);
        foreach (Func<int, int> shift in (Func<int, int>[])[_ => 0, _ => 1, operand => operand == 0 ? 3 : 0, operand => operand == inputs.Length ? 1 : 0])
        {
            DeviceRunner.AssertClose(expected, DeviceRunner.Run(device, op, inputs, shift: shift), 2e-5 + (3 * StorageTypes.HalfStep(type)), $"{name} {type}, {string.Join(' ', Enumerable.Range(0, inputs.Length + 1).Select(shift))}");
        }
    }
}
