using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Cpu.Tests;

[TestClass]
internal sealed unsafe class VectorMathTests
{
    [TestMethod]
    public void Exp2IsAccurateToOneUnit()
    {
        for (float t = -126; t < 127.4f; t += 0.00731f)
        {
            double expected = Math.Pow(2, t);
            Assert.IsLessThan(1e-7, Math.Abs(VectorMath.Exp2<SimdScalar, float>(t) - expected) / expected, $"2^{t:R}");
        }
    }

    [TestMethod]
    public void Exp2OfSpecialValues()
    {
        Assert.AreEqual(0f, VectorMath.Exp2<SimdScalar, float>(float.NegativeInfinity));
        Assert.AreEqual(0f, VectorMath.Exp2<SimdScalar, float>(-1000));
        Assert.AreEqual(float.PositiveInfinity, VectorMath.Exp2<SimdScalar, float>(float.PositiveInfinity));
        Assert.AreEqual(float.NaN, VectorMath.Exp2<SimdScalar, float>(float.NaN));
        for (int n = -126; n < 127; n++)
        {
            Assert.AreEqual((float)Math.Pow(2, n), VectorMath.Exp2<SimdScalar, float>(n));
        }
    }

    [TestMethod]
    [DataRow(Activation.Silu)]
    [DataRow(Activation.Gelu)]
    [DataRow(Activation.QuickGelu)]
    [DataRow(Activation.GeluTanh)]
    public void ActivationsAreAccurate(Activation activation)
    {
        for (float x = -30; x < 30; x += 0.00113f)
        {
            float actual = activation switch
            {
                Activation.Silu => VectorMath.Silu<SimdScalar, float>(x),
                Activation.Gelu => VectorMath.Gelu<SimdScalar, float>(x),
                Activation.QuickGelu => VectorMath.QuickGelu<SimdScalar, float>(x),
                _ => VectorMath.GeluTanh<SimdScalar, float>(x),
            };
            double expected = ProductReference.Function(activation, x);
            Assert.IsLessThan(3e-7 * Math.Max(1, Math.Abs(x) / 2), Math.Abs(actual - expected), $"{activation}({x:R})");
        }
    }

    [TestMethod]
    public void GeluOfInfinityIsItsLimit()
    {
        Assert.AreEqual(float.PositiveInfinity, VectorMath.Gelu<SimdScalar, float>(float.PositiveInfinity));
        Assert.AreEqual(0f, VectorMath.Gelu<SimdScalar, float>(float.NegativeInfinity));
        Assert.IsTrue(float.IsNaN(VectorMath.Gelu<SimdScalar, float>(float.NaN)));
    }

    [TestMethod]
    public void AllFusedWidthsGiveTheSameBits()
    {
        if (!Simd.Fused)
        {
            return;
        }

        const int count = 16 * 1000;
        float[] x = new float[count], scalar = new float[count], wide = new float[count];
        Random random = new(1);
        for (int i = 0; i < count; i++)
        {
            x[i] = (random.NextSingle() - 0.5f) * (i % 2 == 0 ? 20 : 300);
        }

        x[0] = float.NaN;
        (x[1], x[2], x[3]) = (float.PositiveInfinity, float.NegativeInfinity, -0f);
        Map<SimdScalar, float>(x, scalar);
        Map<Simd128, Vector128<float>>(x, wide);
        CollectionAssert.AreEqual(scalar, wide);
        if (Simd.Level >= SimdLevel.Vector256)
        {
            Map<Simd256, Vector256<float>>(x, wide);
            CollectionAssert.AreEqual(scalar, wide);
        }

        if (Simd.Level >= SimdLevel.Vector512)
        {
            Map<Simd512, Vector512<float>>(x, wide);
            CollectionAssert.AreEqual(scalar, wide);
        }
    }

    private static void Map<TSimd, TVector>(float[] x, float[] y)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        fixed (float* from = x, to = y)
        {
            for (int i = 0; i < x.Length; i += TSimd.Width)
            {
                TVector v = TSimd.Load(from + i);
                TVector sum = TSimd.Add(VectorMath.Silu<TSimd, TVector>(v), VectorMath.Gelu<TSimd, TVector>(v));
                TSimd.Store(to + i, TSimd.MultiplyAdd(sum, VectorMath.Exp<TSimd, TVector>(TSimd.Min(TSimd.Create(5f), v)), VectorMath.QuickGelu<TSimd, TVector>(v)));
            }
        }
    }
}
