using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>Some stages of the decoder, run over a picture in tiles: to each norm for its sums, then to their end.</summary>
internal sealed class DecodePart
{
    public const string Input = "x";
    public const string Kept = "kept";

    private readonly Lazy<Executable>[] _sums;
    private readonly int[] _scales;
    private readonly long _kept;
    private readonly Lazy<long> _bytes;

    /// <param name="survey">The decoder.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="runner">Where it runs.</param>
    /// <param name="from">The boundary at which it begins.</param>
    /// <param name="to">The boundary at which it ends.</param>
    /// <param name="latents">The latents' grid.</param>
    /// <param name="tiles">How many tiles there are along the longer side.</param>
    public DecodePart(DecoderSurvey survey, WeightStore weights, ComponentRunner runner, int from, int to, Grid latents, int tiles)
    {
        (Scale, int begin) = (survey.Scale(to) / survey.Scale(from), survey.Scale(from));
        (Picture, InChannels, OutChannels, Reach) = (new Grid(latents.Height * begin, latents.Width * begin), survey.Channels(from), survey.Channels(to), survey.Reach(from, to));
        int side = (Math.Max(Picture.Height, Picture.Width) + tiles - 1) / tiles;
        Tile = new Grid(Math.Min(side, Picture.Height), Math.Min(side, Picture.Width));
        Read = new Grid(Math.Min(Picture.Height, Tile.Height + (2 * Reach)), Math.Min(Picture.Width, Tile.Width + (2 * Reach)));
        NormsItsInput = survey.NormsItsInput(from);
        End = Compile(null, out _scales);
        _sums = [.. Enumerable.Range(0, survey.Norms(from, to)).Select(norm => new Lazy<Executable>(() => Compile(norm, out _)))];

        _kept = KeptBytes();
        _bytes = new Lazy<long>(() => Math.Max(EndBytes, _kept + _sums.Select(sums => Taken(sums.Value)).DefaultIfEmpty().Max()));

        Executable Compile(int? norm, out int[] scales)
        {
            Graph graph = new();
            PartNorms norms = new(Picture, Read);
            ModelBuilder m = new(graph, weights, null, norms);
            Value x = graph.Input(Input, new Shape(1, Read.Height, Read.Width, InChannels), Stage.Request);
            Value kept = graph.Input(Kept, new TensorType(new Shape(1, 1, 1, 4), ElementType.I32), Stage.Request);
            Value h = survey.Stages.Skip(survey.Head + from).Take(to - from).Aggregate(x, (value, stage) => stage.Build(m, value));
            scales = [.. norms.Normed.Select(normed => normed.Shape.Height / Read.Height)];
            return runner.Compile([norm is { } n ? new Variant(norms.Normed[n].RectangleSums(kept)) : new Variant(h, h.RectangleSums(kept))]);
        }
    }

    /// <summary>The picture's grid where the part begins.</summary>
    public Grid Picture { get; }

    /// <summary>Channels where it begins.</summary>
    public int InChannels { get; }

    /// <summary>Channels where it ends.</summary>
    public int OutChannels { get; }

    /// <summary>How many times finer the grid is where it ends.</summary>
    public int Scale { get; }

    /// <summary>The picture's grid where the part ends.</summary>
    public Grid Result => new(Picture.Height * Scale, Picture.Width * Scale);

    /// <summary>How far tiles overlap on each side.</summary>
    public int Reach { get; }

    /// <summary>What a tile keeps, at the part's beginning.</summary>
    public Grid Tile { get; }

    /// <summary>What is read for it.</summary>
    public Grid Read { get; }

    /// <summary>Whether the first norm is that of what enters, whose sums the part before leaves.</summary>
    public bool NormsItsInput { get; }

    /// <summary>The norms.</summary>
    public int Norms => _sums.Length;

    /// <summary>The program that gives the part's result, and its sums.</summary>
    public Executable End { get; }

    /// <summary>The tiles: what is kept and what is read for it.</summary>
    public IEnumerable<(Window Kept, Window Read)> Tiles =>
        from y in Enumerable.Range(0, (Picture.Height + Tile.Height - 1) / Tile.Height)
        from x in Enumerable.Range(0, (Picture.Width + Tile.Width - 1) / Tile.Width)
        let kept = new Window(y * Tile.Height, x * Tile.Width, Math.Min(Tile.Height, Picture.Height - (y * Tile.Height)), Math.Min(Tile.Width, Picture.Width - (x * Tile.Width)))
        select (kept, new Window(
            Math.Clamp(kept.Top - Reach, 0, Picture.Height - Read.Height),
            Math.Clamp(kept.Left - Reach, 0, Picture.Width - Read.Width),
            Read.Height,
            Read.Width));

    /// <summary>Bytes beside the weights, at most: what enters and leaves, as far as it is there at once, and a program's.</summary>
    public long Bytes => _bytes.Value;

    /// <summary>The same without the programs to the norms, which take about as much; they are compiled only when they are asked for.</summary>
    public long EndBytes => _kept + Taken(End);

    /// <summary>How many times finer than at the part's beginning the grid of what a norm norms is.</summary>
    public int ScaleOf(int norm) => _scales[norm];

    /// <summary>The program that gives the sums of what a norm norms.</summary>
    public Executable Sums(int norm) => _sums[norm].Value;

    /// <summary>All that runs of it for a picture, in order.</summary>
    /// <param name="name">The part, as people read it.</param>
    public IEnumerable<PartUse> Programs(string name)
    {
        int tiles = Tiles.Count();
        return [.. Enumerable.Range(0, Norms).Skip(NormsItsInput ? 1 : 0).Select(norm => new PartUse(Sums(norm), $"{name}, sums of norm {norm + 1}", tiles)), new PartUse(End, name, tiles)];
    }

    private static long Taken(Executable program) => program.Memory.Arena + program.Memory.Run;

    // Rows of what enters are given back when the next line of tiles does not read them; by then a line of the result is written.
    private long KeptBytes()
    {
        long most = BandedTensor.Bytes(Picture, InChannels, 0, Picture.Height);
        foreach ((Window kept, Window read) in Tiles)
        {
            most = Math.Max(most, BandedTensor.Bytes(Picture, InChannels, read.Top, Picture.Height) + BandedTensor.Bytes(Result, OutChannels, 0, (kept.Top + kept.Rows) * Scale));
        }

        return most;
    }
}
