using System.Reflection;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.IR.Intrinsics;
using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu.Tests.Conformance;

/// <summary>Kernels whose parts are chosen by types, and the ways to load them.</summary>
[TestClass]
public sealed class GenericTests
{
    private interface IMap
    {
        static abstract float Of(float x);
    }

    [TestMethod]
    public void AKernelTakesItsFunctionFromAType()
    {
        using Lab lab = new();
        CollectionAssert.AreEqual(new float[] { 1, 4, 9 }, lab.Fill<float>(Apply<Square>, (3, 1), [1, 2, 3]));
        CollectionAssert.AreEqual(new float[] { -1, -4, -9 }, lab.Fill<float>(Apply<Negative<Square>>, (3, 1), [1, 2, 3]));
    }

    [TestMethod]
    public void ATypeMayHoldABarrier()
    {
        using Lab lab = new();
        CollectionAssert.AreEqual(new float[] { 4, 3, 2, 1 }, lab.Fill<float>(Apply<Mirror>, (1, 4), [1, 2, 3, 4]));
    }

    [TestMethod]
    public void AnIntrinsicsBodyRunsOnACpu()
    {
        using Lab lab = new();
        CollectionAssert.AreEqual(new float[] { 3, 4 }, lab.Fill<float>(Apply<Native>, (2, 1), [1, 2]));
    }

    [TestMethod]
    public void KernelsAreLoadedByMethodToo()
    {
        using Lab lab = new();
        MethodInfo method = typeof(GenericTests).GetMethod(nameof(Scale), BindingFlags.Static | BindingFlags.NonPublic)!;
        Kernel kernel = lab.Accelerator.LoadKernel(method, new KernelSpecialization(32, 1));
        Action<AcceleratorStream, KernelConfig, ArrayView<float>, int> launch = kernel.CreateLauncherDelegate<Action<AcceleratorStream, KernelConfig, ArrayView<float>, int>>();
        using MemoryBuffer1D<float, Stride1D.Dense> values = lab.Accelerator.Allocate1D(new float[] { 1, 2 });
        launch(lab.Stream, (1, 2), values.View, 5);
        lab.Accelerator.Synchronize();
        CollectionAssert.AreEqual(new float[] { 5, 10 }, values.GetAsArray1D());
    }

    [TestMethod]
    public void SpecializedValuesAreValues()
    {
        using Lab lab = new();
        Action<AcceleratorStream, KernelConfig, ArrayView<float>, SpecializedValue<int>> kernel = lab.Accelerator.LoadKernel<ArrayView<float>, SpecializedValue<int>>(Specialized);
        using MemoryBuffer1D<float, Stride1D.Dense> values = lab.Accelerator.Allocate1D(new float[] { 1, 2 });
        kernel(lab.Stream, (1, 2), values.View, SpecializedValue.New(3));
        kernel(lab.Stream, (1, 2), values.View, SpecializedValue.New(4));
        lab.Accelerator.Synchronize();
        CollectionAssert.AreEqual(new float[] { 12, 24 }, values.GetAsArray1D());
    }

    [TestMethod]
    public void LocalMemoryBelongsToAnItem()
    {
        using Lab lab = new();
        CollectionAssert.AreEqual(Enumerable.Range(0, 8).Select(i => (float)(6 * i)).ToArray(), lab.Fill<float>(Local, (2, 4), new float[8]));
    }

    private static void Apply<T>(ArrayView<float> values)
        where T : struct, IMap
    {
        int at = (Grid.IdxX * Group.DimX) + Group.IdxX;
        values[at] = T.Of(values[at]);
    }

    private static void Scale(ArrayView<float> values, int by) => values[Group.IdxX] *= by;

    private static void Specialized(ArrayView<float> values, SpecializedValue<int> by) => values[Group.IdxX] *= by;

    private static void Local(ArrayView<float> values)
    {
        ArrayView<float> local = LocalMemory.Allocate<float>(4);
        int at = (Grid.IdxX * Group.DimX) + Group.IdxX;
        for (int i = 0; i < 4; i++)
        {
            local[i] = i * at;
        }

        float sum = 0;
        for (int i = 0; i < 4; i++)
        {
            sum += local[3 - i];
        }

        values[at] = sum;
    }

    private struct Square : IMap
    {
        public static float Of(float x) => x * x;
    }

    private struct Negative<T> : IMap
        where T : struct, IMap
    {
        public static float Of(float x) => -T.Of(x);
    }

    private struct Mirror : IMap
    {
        public static float Of(float x)
        {
            ArrayView<float> shared = SharedMemory.Allocate<float>(8);
            shared[Group.IdxX] = x;
            Group.Barrier();
            return shared[Group.DimX - 1 - Group.IdxX];
        }
    }

    private struct Native : IMap
    {
        public static float Of(float x) => Intrinsics.AddTwo(x);
    }
}

/// <summary>What a backend has its own code for.</summary>
public static class Intrinsics
{
    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float AddTwo(float x) => new[] { x, 2 }.Sum();
}
