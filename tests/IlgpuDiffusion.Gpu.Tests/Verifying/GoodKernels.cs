using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.IR.Intrinsics;
using Half = ILGPU.Half;

namespace IlgpuDiffusion.Gpu.Tests.Verifying;

/// <summary>Kernels of everything that is allowed.</summary>
internal static class GoodKernels
{
    private static readonly float Third = 1f / 3;

    internal interface ISize
    {
        static abstract int Count { get; }
    }

    internal interface IMap
    {
        static abstract float Of(float x);
    }

    [Kernel]
    public static void Plain(ArrayView<float> values, int count)
    {
        int at = (Grid.IdxX * Group.DimX) + Group.IdxX;
        if (at < count)
        {
            values[at] = MathF.Max(Third, MathF.Abs(values[at])) + Math.Min(at, 3);
        }
    }

    [Kernel(typeof(Squares))]
    [Kernel(typeof(Exponentials), Portable = true)]
    public static void Typed<T>(ArrayView<float> values)
        where T : struct, IMap =>
        values[0] = T.Of(values[1]);

    [Kernel(typeof(Small))]
    public static void Sized<T>(ArrayView<uint> values)
        where T : struct, ISize
    {
        int count = T.Count + 1;
        ArrayView<uint> shared = SharedMemory.Allocate<uint>(count), dynamic = SharedMemory.GetDynamic<uint>(), local = LocalMemory.Allocate<uint>(2 * T.Count);
        local[Group.IdxX] = values[0];
        shared[Group.IdxX] = local[Group.IdxX];
        Group.Barrier();
        values[count] = shared[0] + dynamic[0];
    }

    [Kernel]
    public static void Shared(ArrayView<uint> values, Options options)
    {
        ArrayView<uint> shared = SharedMemory.Allocate<uint>(128);
        ArrayView<float> local = LocalMemory.Allocate<float>(4);
        local[0] = Interop.IntAsFloat(values[0] << 16);
        Words words = shared.Cast<Words>()[Group.IdxX];
        (uint a, uint b) = Swap(words.X, words.Y);
        Group.Barrier();
        values[1] = Warp.Shuffle(a, 3) + Interop.FloatAsInt((Half)local[0]) + b + (uint)BitOperations.PopCount(a) + Added(ref shared[0]);
        Atomic.Add(ref options.Counts[0], options.Kind == Kind.Second ? 1 : 2);
        switch (options.Count)
        {
            case 0:
                values[2] = 1;
                break;
            case 1:
                values[2] = 4;
                break;
            case 2:
                values[2] = 9;
                break;
            default:
                values[2] = 0;
                break;
        }
    }

    [Kernel]
    public static void Summed(ArrayView<float> values) => values[0] = Twice(values[0]);

    private static T Twice<T>(T x)
        where T : INumber<T> =>
        (x + x) * T.One;

    private static (uint First, uint Second) Swap(uint a, uint b) => (b, a);

    [IntrinsicImplementation]
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Added(ref uint x) => throw new NotSupportedException($"{x}");

    internal enum Kind
    {
        First,
        Second,
    }

    internal struct Small : ISize
    {
        public static int Count => 2 * Half;

        private static int Half => 4;
    }

    internal struct Squares : IMap
    {
        public static float Of(float x) => x * x;
    }

    internal struct Exponentials : IMap
    {
        public static float Of(float x) => MathF.Exp(x);
    }

    internal struct Words
    {
        public uint X;
        public uint Y;
    }

    internal struct Options
    {
        public ArrayView<int> Counts;
        public int Count;
        public Kind Kind;
    }
}
