using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>Runs one op by itself on a device, with operands that lie in memory with gaps between grid points and guards around them.</summary>
internal static class DeviceRunner
{
    private const int GuardBytes = 256;
    private const byte Gap = 0xFF;
    private const byte Guard = 0xA5;

    /// <summary>Runs the op; its result as numbers.</summary>
    /// <param name="device">Where.</param>
    /// <param name="op">The op.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="gap">Elements between grid points of every operand but weights.</param>
    /// <param name="packed">Whether weights are packed first as the device wishes.</param>
    /// <param name="shift">How many elements behind a multiple of 256 bytes each operand that is an activation begins, and, numbered behind them, the result.</param>
    public static float[] Run(Device device, Op op, Operand[] inputs, int gap = 0, bool packed = true, Func<int, int>? shift = null) =>
        StorageTypes.Floats(Bytes(device, op, inputs, gap, packed, null, shift), op.Infer([.. inputs.Select(i => i.Type)])[0].Type);

    public static byte[] Bytes(Device device, Op op, Operand[] inputs, int gap = 0, bool packed = true, Action<Action>? around = null, Func<int, int>? shift = null)
    {
        shift ??= _ => 0;
        TensorType[] types = [.. inputs.Select(i => i.Type)];
        TensorType result = op.Infer(types)[0];
        using Memory memory = new(device);
        Place[] places = [.. inputs.Select((input, i) => memory.Rows(input.Type, input.Data, IsWeight(op, i) ? 0 : gap, op.Role(i) == OperandRole.Activation ? shift(i) : 0))];
        Prepared prepared = device.Prepare(op, new Operands(types, [result]));
        for (int i = 0; i < types.Length && packed; i++)
        {
            if (prepared.Layout(i) is { } layout)
            {
                Pack pack = new(layout);
                TensorType[] from = [types[i]], to = pack.Infer(from);
                Place target = memory.Add(to[0].Bytes, 1, types[i].Type);
                device.Prepare(pack, new Operands(from, to)).Bind([places[i], target], "pack").Run(default, CancellationToken.None);
                (types[i], places[i]) = (to[0], target);
            }
        }

        prepared = device.Prepare(op, new Operands(types, [result]));
        Place y = memory.Rows(result, null, gap, shift(inputs.Length));
        places = prepared.Scratch > 0 ? [.. places, y, memory.Add(prepared.Scratch, 1, ElementType.U8)] : [.. places, y];
        Launch launch = prepared.Bind(places, "test");
        around ??= run => run();
        around(() => launch.Run(default, CancellationToken.None));
        memory.AssertGuards();
        return memory.Read(y, result, gap);
    }

    /// <inheritdoc cref="AssertClose(double[], float[], double, string)"/>
    public static void AssertClose(float[] expected, float[] actual, double tolerance, string what) => AssertClose(Array.ConvertAll(expected, x => (double)x), actual, tolerance, what);

    /// <summary>Fails unless max |a − b| / (1 + |b|) is within the tolerance.</summary>
    public static void AssertClose(double[] expected, float[] actual, double tolerance, string what)
    {
        Assert.HasCount(expected.Length, actual, what);
        double worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(actual[i] - expected[i]) / (1 + Math.Abs(expected[i]));
            Assert.IsTrue(error <= tolerance, $"{what}: at {i} expected {expected[i]:R}, got {actual[i]:R}.");
            worst = Math.Max(worst, error);
        }

        Console.WriteLine($"measured {what}: {worst:E2}");
    }

    private static bool IsWeight(Op op, int input) => input == 1 && op is Linear or Conv2d;

    /// <summary>An op's memory, each block between guards.</summary>
    private sealed class Memory(Device device) : IDisposable
    {
        private readonly List<(DeviceMemory Block, int Begin, long Bytes)> _blocks = [];

        public Place Add(long bytes, int stride, ElementType type, int shift = 0)
        {
            int begin = GuardBytes + (shift * type.Size());
            DeviceMemory block = device.Allocate(begin + bytes + GuardBytes, "test");
            _blocks.Add((block, begin, bytes));
            byte[] initial = new byte[begin + bytes + GuardBytes];
            initial.AsSpan().Fill(Guard);
            initial.AsSpan(begin, (int)bytes).Fill(Gap);
            device.Upload(block.Address, initial);
            return new Place(Space.Arena, block.Address + begin, stride, type);
        }

        public Place Rows(TensorType type, byte[]? data, int gap, int shift)
        {
            int rowBytes = type.Shape.Channels * type.Type.Size(), pitch = rowBytes + (gap * type.Type.Size());
            long bytes = ((long)(type.Shape.Rows - 1) * pitch) + rowBytes;
            Place place = Add(bytes, type.Shape.Channels + gap, type.Type, shift);
            if (data is not null)
            {
                byte[] spread = new byte[bytes];
                spread.AsSpan().Fill(Gap);
                for (int row = 0; row < type.Shape.Rows; row++)
                {
                    data.AsSpan(row * rowBytes, rowBytes).CopyTo(spread.AsSpan(row * pitch));
                }

                device.Upload((nint)place.Offset, spread);
            }

            return place;
        }

        public byte[] Read(Place place, TensorType type, int gap)
        {
            int rowBytes = type.Shape.Channels * type.Type.Size(), pitch = rowBytes + (gap * type.Type.Size());
            byte[] spread = new byte[((type.Shape.Rows - 1) * pitch) + rowBytes], dense = new byte[type.Shape.Rows * rowBytes];
            device.Download((nint)place.Offset, spread);
            for (int row = 0; row < type.Shape.Rows; row++)
            {
                spread.AsSpan(row * pitch, rowBytes).CopyTo(dense.AsSpan(row * rowBytes));
                Span<byte> between = spread.AsSpan((row * pitch) + rowBytes, row == type.Shape.Rows - 1 ? 0 : pitch - rowBytes);
                Assert.IsFalse(between.ContainsAnyExcept(Gap), "Wrote between the rows.");
            }

            return dense;
        }

        public void AssertGuards()
        {
            byte[] guard = new byte[GuardBytes];
            foreach ((DeviceMemory block, int begin, long bytes) in _blocks)
            {
                device.Download(block.Address + begin - GuardBytes, guard);
                Assert.IsFalse(guard.AsSpan().ContainsAnyExcept(Guard), "Wrote before the beginning.");
                device.Download(block.Address + begin + (nint)bytes, guard);
                Assert.IsFalse(guard.AsSpan().ContainsAnyExcept(Guard), "Wrote past the end.");
            }
        }

        public void Dispose()
        {
            foreach ((DeviceMemory block, _, _) in _blocks)
            {
                block.Dispose();
            }
        }
    }
}
