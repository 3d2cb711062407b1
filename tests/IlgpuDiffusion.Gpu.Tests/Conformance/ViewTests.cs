using ILGPU;
using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu.Tests.Conformance;

/// <summary>Views: parts, casts, copies, and views inside of structs.</summary>
[TestClass]
public sealed class ViewTests
{
    [TestMethod]
    public void PartsOfViewsBeginWhereTheyAreCut()
    {
        using Lab lab = new();
        int[] result = lab.Fill<int>(Parts, (1, 4), [.. Enumerable.Range(0, 12)]);
        CollectionAssert.AreEqual(new[] { 0, 1, 2, 3, 104, 105, 106, 107, 8, 9, 10, 11 }, result);
    }

    [TestMethod]
    public void FourWordsAreReadAndWrittenAtOnce()
    {
        using Lab lab = new();
        uint[] result = lab.Map<uint, uint>(Wide, (1, 2), [1, 2, 3, 4, 5, 6, 7, 8], 8);
        CollectionAssert.AreEqual(new uint[] { 4, 3, 2, 1, 8, 7, 6, 5 }, result);
    }

    [TestMethod]
    public void NarrowCastsSplitWords()
    {
        using Lab lab = new();
        ushort[] result = lab.Map<uint, ushort>(Narrow, (1, 4), [0x00020001, 0x00040003], 4);
        CollectionAssert.AreEqual(new ushort[] { 1, 2, 3, 4 }, result);
    }

    [TestMethod]
    public void LongIndicesReachTheSamePlaces()
    {
        using Lab lab = new();
        CollectionAssert.AreEqual(new[] { 7, 8, 9 }, lab.Fill<int>(Long, (3, 1), new int[3]));
    }

    [TestMethod]
    public void ALargeStructOfViewsAndScalarsIsOneArgument()
    {
        using Lab lab = new();
        using MemoryBuffer1D<float, Stride1D.Dense> x = lab.Accelerator.Allocate1D(new float[] { 1, 2, 3 });
        using MemoryBuffer1D<float, Stride1D.Dense> y = lab.Accelerator.Allocate1D<float>(3);
        Action<AcceleratorStream, KernelConfig, Large> kernel = lab.Accelerator.LoadKernel<Large>(Affine);
        kernel(lab.Stream, (3, 1), new() { X = x.View, Y = y.View, Scale = 10, Offsets = new() { A = 1, B = 2, C = 3, D = 4 }, Count = 3, Flag = 1 });
        lab.Accelerator.Synchronize();
        CollectionAssert.AreEqual(new float[] { 20, 30, 40 }, y.GetAsArray1D());
    }

    [TestMethod]
    public void ViewsOfPartsOfABufferArePassedAsTheyAre()
    {
        using Lab lab = new();
        using MemoryBuffer1D<byte, Stride1D.Dense> arena = lab.Accelerator.Allocate1D<byte>(1024);
        ArrayView<float> part = arena.View.BaseView.SubView(256, 16).Cast<float>();
        ArrayView1D<float, Stride1D.Dense> dense = part;
        dense.CopyFromCPU(lab.Stream, [1, 2, 3, 4]);
        lab.Accelerator.LoadKernel<ArrayView<float>>(Double)(lab.Stream, (4, 1), part);
        float[] back = new float[4];
        dense.CopyToCPU(lab.Stream, back);
        lab.Accelerator.Synchronize();
        CollectionAssert.AreEqual(new float[] { 2, 4, 6, 8 }, back);
        Assert.AreEqual(256, part.LoadEffectiveAddressAsPtr() - arena.NativePtr);
    }

    [TestMethod]
    public void BuffersAreCopiedAndCleared()
    {
        using Lab lab = new();
        using MemoryBuffer1D<int, Stride1D.Dense> a = lab.Accelerator.Allocate1D(new[] { 1, 2, 3, 4 });
        using MemoryBuffer1D<int, Stride1D.Dense> b = lab.Accelerator.Allocate1D<int>(4);
        b.View.MemSetToZero(lab.Stream);
        a.View.SubView(1, 2).CopyTo(lab.Stream, b.View.SubView(2, 2));
        CollectionAssert.AreEqual(new[] { 0, 0, 2, 3 }, b.GetAsArray1D());
        b.View.MemSet(lab.Stream, 1);
        CollectionAssert.AreEqual(Enumerable.Repeat(0x01010101, 4).ToArray(), b.GetAsArray1D());
        ArrayView1D<int, Stride1D.Dense> second = b.AsArrayView<int>(1, 1);
        second.CopyFromCPU(lab.Stream, [9]);
        Assert.AreEqual(9, b.GetAsArray1D()[1]);
        Assert.Throws<NotSupportedException>(() => b.AsArrayView<long>(0, 1));
    }

    [TestMethod]
    public void SpansAndReferencesAreCopiedBothWays()
    {
        using Lab lab = new();
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = lab.Accelerator.Allocate1D<int>(3);
        ReadOnlySpan<int> numbers = [4, 5, 6];
        buffer.View.CopyFromCPU(lab.Stream, numbers);
        Span<int> back = new int[2];
        buffer.View.SubView(1, 2).CopyToCPU(lab.Stream, back);
        Assert.AreEqual(6, back[1]);
        int[] array = [7, 8, 9, 10];
        buffer.View.CopyFromCPU(lab.Stream, ref array[1], 3);
        buffer.View.CopyToCPU(lab.Stream, ref array[0], 3);
        CollectionAssert.AreEqual(new[] { 8, 9, 10, 10 }, array);
    }

    private static void Parts(ArrayView<int> values) => values.SubView(4, 4)[Group.IdxX] += 100;

    private static void Wide(ArrayView<uint> source, ArrayView<uint> target)
    {
        Words words = source.Cast<Words>()[Group.IdxX];
        target.Cast<Words>()[Group.IdxX] = new() { X = words.W, Y = words.Z, Z = words.Y, W = words.X };
    }

    private static void Narrow(ArrayView<uint> source, ArrayView<ushort> target) => target[Group.IdxX] = source.Cast<ushort>()[Group.IdxX];

    private static void Long(ArrayView<int> values)
    {
        long at = Grid.IdxX;
        values[at] = 7 + (int)at;
    }

    private static void Affine(Large p)
    {
        int i = Grid.IdxX;
        if (i < p.Count && p.Flag != 0)
        {
            p.Y[i] = (p.Scale * p.X[i]) + p.Offsets.A + p.Offsets.B + p.Offsets.C + p.Offsets.D;
        }
    }

    private static void Double(ArrayView<float> values) => values[Grid.IdxX] *= 2;

    private struct Words
    {
        public uint X;
        public uint Y;
        public uint Z;
        public uint W;
    }

    internal struct Four
    {
        public float A;
        public float B;
        public float C;
        public float D;
    }

    internal struct Large
    {
        public ArrayView<float> X;
        public ArrayView<float> Y;
        public float Scale;
        public Four Offsets;
        public int Count;
        public int Flag;
    }
}
