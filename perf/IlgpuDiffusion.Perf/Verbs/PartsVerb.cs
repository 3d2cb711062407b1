using System.CommandLine;
using System.Diagnostics;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf.Verbs;

internal static unsafe class PartsVerb
{
    public static Command Create()
    {
        Command command = new("parts", "parts of Winograd");
        command.SetAction(_ => Run());
        return command;
    }

    private static void Run()
    {
        using WorkerPool pool = new(1);
        pool.Reserve(8 << 20);
        Console.WriteLine($"peak {FmaPeak.Measure(pool) / 1e9:F0}");
        foreach ((int c, int side, int o, int batch) in ((int, int, int, int)[])[(320, 64, 320, 2), (640, 32, 640, 2), (1280, 16, 1280, 2)])
        {
            Shape x = new(batch, side, side, c), y = new(batch, side, side, o);
            PanelSize size = new Panels(true, false).Size(new Shape(o, c, 3, 3));
            WinogradPlan plan = WinogradPlan.Create(ConvolutionMethod.Winograd4, x, y, size, Padding.All(1), new Grid(side, side));
            float* weight = Room((long)size.Panels * size.PanelElements), input = Room(x.Count), output = Room(y.Count), arena = Room(plan.ArenaBytes / 4), scale = Room(batch * 2 * c);
            byte* scratch = (byte*)Room(plan.ScratchBytes / 4);
            pool.Reserve(plan.ScratchBytes);
            WinogradInputJob<Filter4x3> inputs = new(plan) { Input = new InputPlaces { Prologue = Prologue.ScaleShiftSilu, X = input, Stride = c, Scale = scale, Shift = scale + c, ScaleStride = 2 * c, ImagesPerScale = 1 }, Target = arena };
            WinogradProductJob<Filter4x3> products = new(plan, ElementType.F32) { Weight = (byte*)weight, Source = arena, Output = new OutputPlaces { Outputs = o, Y = output, Stride = o } };
            double flops = 2.0 * 9 * batch * side * side * c * o;
            Console.WriteLine($"{c}@{side}: chunks {plan.Chunks} lines {plan.ChunkLines} range {plan.RangeTiles} input tasks {plan.InputTasks(plan.ChunkLines)} product tasks {plan.ProductTasks(plan.ChunkLines)}");
            Console.WriteLine($"  input    {1e3 * Best(() => Chunks(plan, (line, lines) => { (inputs.FirstLine, inputs.Lines) = (line, lines); pool.Run(inputs, plan.InputTasks(lines), default); })):F2}");
            Console.WriteLine($"  product  {1e3 * Best(() => Chunks(plan, (line, lines) => { (products.FirstLine, products.Lines) = (line, lines); pool.Run(products, plan.ProductTasks(lines), default); })):F2}");
            float* middle = (float*)scratch, slabs = middle + plan.MiddleFloats, sums = slabs + (plan.Positions * WinogradPlan.SlabFloats), widened = sums + (plan.Positions * plan.SumFloats);
            Console.WriteLine($"  weights  {1e3 * Best(() => Chunks(plan, (line, lines) => { for (int t = 0; t < plan.ProductTasks(lines); t++) { Weights(plan, t / (plan.ProductTasks(lines) / size.Panels), (byte*)weight, slabs, widened, middle); } })):F2}");
            Console.WriteLine($"  multiply {1e3 * Best(() => Chunks(plan, (line, lines) => { for (int t = 0; t < plan.ProductTasks(lines); t++) { Products(plan, t, lines, arena, slabs, sums); } })):F2}  ideal {1e3 * 2.0 * plan.Positions * plan.Lines * plan.LineTiles * c * o / FmaPeak.Measure(pool):F2}");
            Console.WriteLine($"  multiply one A {1e3 * Best(() => Chunks(plan, (line, lines) => { for (int t = 0; t < plan.ProductTasks(lines); t++) { Products(plan, 0, lines, arena, slabs, sums, true); } })):F2}");
        }
    }

    private static void Weights(WinogradPlan plan, int panel, byte* weight, float* slabs, float* widened, float* middle)
    {
        for (int block = 0; block < plan.Blocks; block++)
        {
            int channel = block * Panels.KBlock, channels = Math.Min(plan.Inputs - channel, Panels.KBlock);
            nint offset = ((nint)panel * plan.Weight.PanelElements) + ((nint)channel * plan.Weight.Taps * Panels.Columns);
            WeightTiles.Transform<Filter4x3>(weight + (offset * 4), ElementType.F32, channels, slabs, WinogradPlan.SlabFloats, widened, middle, 0);
        }
    }

    private static void Products(WinogradPlan plan, int task, int lines, float* source, float* slabs, float* sums, bool same = false)
    {
        int chunkTiles = lines * plan.LineTiles;
        (_, int range) = Math.DivRem(task, (chunkTiles + plan.RangeTiles - 1) / plan.RangeTiles);
        int first = range * plan.RangeTiles, tiles = Math.Min(plan.RangeTiles, chunkTiles - first);
        FetchAhead nothing = default;
        (int tall, int few) = TileSweep.Cover(tiles);
        for (int block = 0; block < plan.Blocks; block++)
        {
            int channel = block * Panels.KBlock, channels = Math.Min(plan.Inputs - channel, Panels.KBlock);
            float* a = source + (same ? 0 : block * plan.BlockFloats) + ((nint)first * Panels.KBlock);
            for (int position = 0; position < plan.Positions; position++)
            {
                WinogradProductJob<Filter4x3>.Multiply(a + (same ? 0 : position * plan.PositionFloats), slabs + (position * WinogradPlan.SlabFloats), channels, sums + (position * plan.SumFloats), tall, few, block == 0, ref nothing);
            }
        }
    }

    private static void Chunks(WinogradPlan plan, Action<int, int> run)
    {
        for (int line = 0; line < plan.Lines; line += plan.ChunkLines)
        {
            run(line, Math.Min(plan.ChunkLines, plan.Lines - line));
        }
    }

    private static double Best(Action run)
    {
        List<double> times = [];
        for (int i = 0; i < 7; i++)
        {
            long start = Stopwatch.GetTimestamp();
            run();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return Statistics.Median(times.Skip(1));
    }

    private static float* Room(long count)
    {
        float* p = (float*)HugePages.Allocate((count * 4) + 4096, true);
        Random random = new(1);
        for (long i = 0; i < count; i++)
        {
            p[i] = random.NextSingle() - 0.5f;
        }

        return p;
    }
}
