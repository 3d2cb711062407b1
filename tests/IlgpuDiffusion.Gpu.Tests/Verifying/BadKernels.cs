using System.Numerics;
using System.Runtime.CompilerServices;
using ILGPU;

namespace IlgpuDiffusion.Gpu.Tests.Verifying;

/// <summary>Kernels that ILGPU refuses, or that a GPU would do badly; each has one thing wrong.</summary>
internal static unsafe class BadKernels
{
    private static readonly float[] Numbers = [1, 2, 3];
    private static float _changing = 1;

    public static void Object(ArrayView<float> values) => values[0] = new Holder { Value = values[1] }.Value;

    public static void Array(ArrayView<float> values)
    {
        float[] copy = new float[4];
        copy[(int)values[0]] = 1;
        values[0] = copy[(int)values[1]];
    }

    public static void Boxed(ArrayView<int> values)
    {
        object box = values[0];
        values[0] = (int)box;
    }

    public static void Lambda(ArrayView<int> values)
    {
        int by = values[1];
        Func<int, int> add = x => x + by;
        values[0] = add(3);
    }

    public static void Throws(ArrayView<int> values)
    {
        if (values[0] < 0)
        {
            throw new InvalidOperationException();
        }
    }

    public static void Tries(ArrayView<int> values)
    {
        try
        {
            values[0] = 1;
        }
        finally
        {
            values[1] = 2;
        }
    }

    public static void Virtual(ArrayView<int> values) => values[0] = Interface(default(Shape));

    public static void Equality(ArrayView<int> values) => values[0] = default(Shape).Equals(default(Shape)) ? 1 : 0;

    public static void Text(ArrayView<int> values) => values[0] = "text".Length;

    public static void Mutable(ArrayView<float> values) => values[0] = _changing;

    public static void Stores(ArrayView<float> values) => _changing = values[0];

    public static void Table(ArrayView<float> values) => values[0] = Numbers[(int)values[1]];

    public static void Stack(ArrayView<int> values)
    {
        int* place = stackalloc int[4];
        place[values[0]] = 1;
        values[0] = place[values[1]];
    }

    public static void Spans(ArrayView<int> values)
    {
        Span<int> span = new(ref values[0]);
        span[0] = 1;
    }

    public static void Inline(ArrayView<int> values)
    {
        Eight eight = default;
        eight[values[0]] = 1;
        values[0] = eight[values[1]];
    }

    public static void SystemHalf(ArrayView<float> values) => values[0] = (float)(System.Half)values[1];

    public static void Added(ArrayView<int> values) => values[0] = Unsafe.Add(ref values[1], 1);

    public static void Bits(ArrayView<float> values) => values[0] = BitConverter.UInt32BitsToSingle(1);

    public static void Clamped(ArrayView<int> values) => values[0] = Math.Clamp(values[1], 0, 5);

    public static void Fused(ArrayView<float> values) => values[0] = MathF.FusedMultiplyAdd(values[0], values[1], values[2]);

    public static void Vectors(ArrayView<float> values) => values[0] = new Vector3(values[0]).X;

    public static void Exponential(ArrayView<float> values) => values[0] = MathF.Exp(values[1]);

    public static void Recursive(ArrayView<int> values) => values[0] = Factorial(values[1]);

    public static void Host(ArrayView<int> values)
    {
        Context.Create(null!).Dispose();
        values[0] = 1;
    }

    public static void Deep(ArrayView<int> values) => values[0] = Second(values[1]);

    public static void Flag(ArrayView<int> values, bool flag) => values[0] = flag ? 1 : 0;

    private static void Hidden(ArrayView<int> values, Private p) => values[0] = p.Value;

    public static int Result(ArrayView<int> values) => values[0];

    public static void Twice(ArrayView<int> values) => values[0] = SharedMemory.GetDynamic<int>()[0] + SharedMemory.GetDynamic<int>()[1];

    public static void TwiceBelow(ArrayView<int> values) => values[0] = FromDynamic(0) + FromDynamic(1);

    public static void SizeOfParameter(ArrayView<int> values, int count) => values[0] = SharedMemory.Allocate<int>(count * 2)[0];

    public static void SizeOfLocal(ArrayView<int> values, int count) => values[0] = LocalMemory.Allocate<int>(count)[0];

    public static void SizeOfGroup(ArrayView<int> values) => values[0] = SharedMemory.Allocate<int>(Group.DimX)[0];

    public static void SizeOfVariable(ArrayView<int> values)
    {
        int count = 4;
        while (values[count] > 0)
        {
            count *= 2;
        }

        values[0] = SharedMemory.Allocate<int>(count)[0];
    }

    private static int FromDynamic(int at) => SharedMemory.GetDynamic<int>()[at];

    private static int Interface(IShape shape) => shape.Size;

    private static int Factorial(int n) => n < 2 ? 1 : n * Factorial(n - 1);

    private static int Second(int x) => Third(x) + 1;

    private static int Third(int x) => x > 0 ? x : throw new ArgumentOutOfRangeException(nameof(x));

    private interface IShape
    {
        int Size { get; }
    }

    private readonly struct Private(int value)
    {
        public readonly int Value = value;
    }

    [InlineArray(8)]
    private struct Eight
    {
        private int _first;
    }

    private struct Shape : IShape
    {
        public int Size => 1;
    }

    private sealed class Holder
    {
        public float Value;
    }
}
