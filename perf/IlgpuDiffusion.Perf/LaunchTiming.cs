using System.Diagnostics;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf;

/// <summary>
/// One launch of a compiled network by itself, with tables that are valid and other operands near 0. Of an attention that would take too long a part
/// of the queries is taken, whose number its time grows with.
/// </summary>
internal static unsafe class LaunchTiming
{
    // More is divided; a part is still many tasks.
    private const double MostFlops = 2e12;

    /// <summary>Seconds of a launch; short ones are run several times.</summary>
    public static double Seconds(CpuDevice device, LaunchReport launch)
    {
        Op op = launch.Operation;
        TensorType[] inputs = [.. launch.Inputs];
        int parts = 1;
        while (op is Attention { Tiled: false } && launch.Work.Flops / parts > MostFlops && inputs[0].Shape.Height % 2 == 0)
        {
            inputs[0] = inputs[0] with { Shape = inputs[0].Shape with { Height = inputs[0].Shape.Height / 2 } };
            parts *= 2;
        }

        List<DeviceMemory> memory = [];
        try
        {
            return parts * Measure(device, op, inputs, memory);
        }
        finally
        {
            memory.ForEach(block => block.Dispose());
        }
    }

    private static double Measure(CpuDevice device, Op op, TensorType[] inputs, List<DeviceMemory> memory)
    {
        TensorType[] outputs = op.Infer(inputs);
        Prepared prepared = device.Prepare(op, new Operands(inputs, outputs));
        List<Place> places = [];
        void Add(long bytes, int stride, ElementType type)
        {
            memory.Add(device.Allocate(bytes, "a measurement"));
            new Span<byte>((void*)memory[^1].Address, (int)Math.Min(bytes, int.MaxValue)).Clear();
            places.Add(new Place(Space.Arena, memory[^1].Address, stride, type));
        }

        foreach (TensorType type in inputs.Concat(outputs))
        {
            Add(type.Bytes, type.Shape.Channels, type.Type);
        }

        for (int i = 0; i < inputs.Length; i++)
        {
            Fill(op, i, inputs, memory[i].Address);
        }

        if (prepared.Scratch > 0)
        {
            Add(prepared.Scratch, 1, ElementType.U8);
        }

        Launch launch = prepared.Bind(places.ToArray(), "timing");
        List<double> times = [];
        for (double all = 0; times.Count < 2 || (all < 0.2 && times.Count < 9);)
        {
            long start = Stopwatch.GetTimestamp();
            launch.Run(default, CancellationToken.None);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            all += seconds;
            times.Add(seconds);
            if (seconds > 4)
            {
                break;
            }
        }

        // The first run touches memory for the first time.
        return times.Count == 1 ? times[0] : Statistics.Median(times.Skip(1));
    }

    private static void Fill(Op op, int input, TensorType[] inputs, nint address)
    {
        TensorType type = inputs[input];
        if (type.Type == ElementType.F32 && type.Layout is null)
        {
            Span<float> numbers = new((void*)address, (int)type.Shape.Count);
            Random random = new(input);
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = random.NextSingle() - 0.5f;
            }
        }
        else if (type.Type == ElementType.I32)
        {
            Span<int> numbers = new((void*)address, (int)type.Shape.Count);
            switch (op)
            {
                case Attention attention:
                    Shape grid = inputs[GridOf(attention, input)].Shape;
                    Rectangles(numbers, grid.Height, grid.Width);
                    break;
                case MatchTokens:
                    int step = inputs[0].Shape.Tokens / numbers.Length;
                    for (int i = 0; i < numbers.Length; i++)
                    {
                        numbers[i] = i * step;
                    }

                    break;
                case MergeTokens or UnmergeTokens:
                    Matching(numbers, type.Shape.Batch, op is MergeTokens merge ? merge.Groups : inputs[0].Shape.Width);
                    break;
            }
        }
    }

    private static int GridOf(Attention attention, int input)
    {
        for (int i = 0; i < attention.Segments.Count; i++)
        {
            if (attention.OperandsOf(i).Bounds == input)
            {
                return attention.OperandsOf(i).Keys;
            }
        }

        return 0;
    }

    // As many a side.
    private static void Rectangles(Span<int> numbers, int height, int width)
    {
        int side = (int)Math.Sqrt(numbers.Length / 4);
        for (int tile = 0; tile < side * side; tile++)
        {
            (int y, int x) = Math.DivRem(tile, side);
            numbers[4 * tile] = y * height / side;
            numbers[(4 * tile) + 1] = (y + 1) * height / side;
            numbers[(4 * tile) + 2] = x * width / side;
            numbers[(4 * tile) + 3] = (x + 1) * width / side;
        }
    }

    // Tokens in pairs, as far as there are groups for.
    private static void Matching(Span<int> numbers, int batch, int groups)
    {
        int tokens = numbers.Length / 3 / batch;
        for (int i = 0; i < batch * tokens; i++)
        {
            int token = i % tokens;
            numbers[(3 * i) + MatchTokens.Groups] = Math.Min(token, groups - 1);
            numbers[(3 * i) + MatchTokens.Members] = token;
            numbers[(3 * i) + MatchTokens.Starts] = token < groups ? token : tokens;
        }
    }
}
