using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests.Ops;

[TestClass]
public sealed class CastGoldenTests
{
    [TestMethod]
    [DataRow("f16", ElementType.F16)]
    [DataRow("bf16", ElementType.BF16)]
    [DataRow("f8_e4m3", ElementType.F8E4M3)]
    [DataRow("f8_e5m2", ElementType.F8E5M2)]
    public void RecordedNumbersAreWidened(string name, ElementType type)
    {
        GoldenTensors file = GoldenTensors.Find("dtypes.safetensors");
        byte[] data = file.Bytes(name).ToArray();
        Operand numbers = new(new TensorType(new Shape(1, 1, 1, data.Length / type.Size()), type), data);
        Same(file.Floats($"{name}.as_f32"), OpRunner.Run(new Cast(ElementType.F32), [numbers]), name);
    }

    [TestMethod]
    [DataRow("f16", ElementType.F16)]
    [DataRow("bf16", ElementType.BF16)]
    public void RecordedNumbersAreRounded(string name, ElementType type)
    {
        GoldenTensors file = GoldenTensors.Find("dtypes.safetensors");
        float[] values = file.Floats("f32");
        Operand narrow = new(new TensorType(new Shape(1, 1, values.Length, 1), type), OpRunner.Bytes(new Cast(type), [new Operand(new Shape(1, 1, values.Length, 1), values)]));
        Same(file.Floats($"f32.to_{name}"), OpRunner.Run(new Cast(ElementType.F32), [narrow], 2, 3), name);
    }

    [TestMethod]
    public void DoublesAreRoundedOnce()
    {
        double[] values = [Math.PI, -1e-300, 1e300, 1 + 1e-8, double.NaN];
        Operand wide = new(new TensorType(new Shape(1, 1, 1, 5), ElementType.F64), MemoryMarshal.AsBytes<double>(values).ToArray());
        Same([.. values.Select(v => (float)v)], OpRunner.Run(new Cast(ElementType.F32), [wide]), "f64");
    }

    [TestMethod]
    public void AnIntegerIsNotCast()
    {
        Operand numbers = new(new Shape(1, 1, 1, 2), [1, 2]);
        Assert.ThrowsExactly<NotSupportedException>(() => OpRunner.Run(new Cast(ElementType.F32), [numbers]));
    }

    private static void Same(float[] expected, float[] actual, string what)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.IsTrue(expected[i].Equals(actual[i]), $"{what} at {i}: {expected[i]:R}, {actual[i]:R}");
        }
    }
}
