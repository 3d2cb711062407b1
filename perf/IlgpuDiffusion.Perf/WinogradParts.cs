using System.Diagnostics;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf;

/// <summary>A 3×3 convolution by F(4×4) on one thread, part by part; each part runs by itself on the sizes and the memory that the whole has.</summary>
internal sealed unsafe class WinogradParts : IDisposable
{
    private const int Rounds = 6;

    private readonly WorkerPool _pool = new(1);
    private readonly List<(nint Address, long Bytes)> _memories = [];
    private readonly WinogradPlan _plan;
    private readonly WinogradInputJob<Filter4x3> _inputs;
    private readonly WinogradProductJob<Filter4x3> _products;
    private readonly float* _weight;
    private readonly float* _transformed;
    private readonly float* _middle;
    private readonly float* _slabs;
    private readonly float* _sums;
    private readonly float* _widened;

    /// <param name="batch">Images.</param>
    /// <param name="channels">Channels of the input.</param>
    /// <param name="side">Height and width.</param>
    /// <param name="outputs">Channels of the result.</param>
    public WinogradParts(int batch, int channels, int side, int outputs)
    {
        (Shape x, Shape y) = (new(batch, side, side, channels), new(batch, side, side, outputs));
        PanelSize size = new Panels(Convolution: true, Gated: false).Size(new Shape(outputs, channels, 3, 3));
        _plan = WinogradPlan.Create(ConvolutionMethod.Winograd4, x, y, size, Padding.All(1), new Grid(side, side));
        _pool.Reserve(_plan.ScratchBytes);
        _weight = Room((long)size.Panels * size.PanelElements);
        _transformed = Room(_plan.ArenaBytes / sizeof(float));
        _middle = Room(_plan.ScratchBytes / sizeof(float));
        _slabs = _middle + _plan.MiddleFloats;
        _sums = _slabs + (_plan.Positions * WinogradPlan.SlabFloats);
        _widened = _sums + (_plan.Positions * _plan.SumFloats);
        float* scale = Room(2L * batch * channels);
        _inputs = new(_plan)
        {
            Input = new InputPlaces { Prologue = Prologue.ScaleShiftSilu, X = Room(x.Count), Stride = channels, Scale = scale, Shift = scale + channels, ScaleStride = 2 * channels, ImagesPerScale = 1 },
            Target = _transformed,
        };
        _products = new(_plan, ElementType.F32) { Weight = (byte*)_weight, Source = _transformed, Output = new OutputPlaces { Outputs = outputs, Y = Room(y.Count), Stride = outputs }, Threads = 1 };
        Flops = 2.0 * _plan.Positions * _plan.Lines * _plan.LineTiles * channels * outputs;
        Describes = $"{batch} × {channels}→{outputs} at {side}²: {_plan.Chunks} chunks, ranges of {_plan.RangeTiles} tiles";
    }

    /// <summary>What is measured.</summary>
    public string Describes { get; }

    /// <summary>FLOPs of the products alone.</summary>
    public double Flops { get; }

    /// <summary>Seconds of gathering and transforming the inputs.</summary>
    public double Inputs() => Median((line, lines) =>
    {
        (_inputs.FirstLine, _inputs.Lines) = (line, lines);
        _pool.Run(_inputs, _plan.InputTasks(lines), CancellationToken.None);
    });

    /// <summary>Seconds of all that follows: weights, products, results.</summary>
    public double Tasks() => Median((line, lines) =>
    {
        (_products.FirstLine, _products.Lines) = (line, lines);
        _pool.Run(_products, _plan.ProductTasks(lines), CancellationToken.None);
    });

    /// <summary>Seconds of transforming the weights alone, which come from where the caches have left them.</summary>
    public double Weights() => Median((_, lines) => EachTask(lines, (panel, range, block, channels) =>
    {
        float* from = _weight + ((nint)panel * _plan.Weight.PanelElements) + ((nint)block * Panels.KBlock * _plan.Weight.Taps * Panels.Columns);
        WeightTiles.Transform<Filter4x3>((byte*)from, ElementType.F32, channels, _slabs, WinogradPlan.SlabFloats, _widened, _middle);
    }));

    /// <summary>Seconds of the products alone.</summary>
    public double Products() => Median((_, lines) => EachTask(lines, (panel, first, block, channels) =>
    {
        FetchAhead nothing = default;
        (int tall, int few) = TileSweep.Cover(Math.Min(_plan.RangeTiles, (lines * _plan.LineTiles) - first));
        float* a = _transformed + (block * _plan.BlockFloats) + ((nint)first * Panels.KBlock);
        for (int position = 0; position < _plan.Positions; position++)
        {
            WinogradProductJob<Filter4x3>.Multiply(a + (position * _plan.PositionFloats), _slabs + (position * WinogradPlan.SlabFloats), channels, _sums + (position * _plan.SumFloats), tall, few, block == 0, ref nothing);
        }
    }));

    public void Dispose()
    {
        _memories.ForEach(m => HugePages.Free((void*)m.Address, m.Bytes));
        _pool.Dispose();
    }

    private void EachTask(int lines, Action<int, int, int, int> run)
    {
        int tasks = _plan.ProductTasks(lines), ranges = tasks / _plan.Weight.Panels;
        for (int task = 0; task < tasks; task++)
        {
            for (int block = 0; block < _plan.Blocks; block++)
            {
                run(task / ranges, task % ranges * _plan.RangeTiles, block, Math.Min(_plan.Inputs - (block * Panels.KBlock), Panels.KBlock));
            }
        }
    }

    private double Median(Action<int, int> chunk)
    {
        List<double> times = [];
        for (int round = 0; round <= Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int line = 0; line < _plan.Lines; line += _plan.ChunkLines)
            {
                chunk(line, Math.Min(_plan.ChunkLines, _plan.Lines - line));
            }

            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return Statistics.Median(times.Skip(1));
    }

    private float* Room(long count)
    {
        float* memory = (float*)HugePages.Allocate(count * sizeof(float), true);
        _memories.Add(((nint)memory, count * sizeof(float)));
        Random random = new(1);
        for (long i = 0; i < count; i++)
        {
            memory[i] = random.NextSingle() - 0.5f;
        }

        return memory;
    }
}
