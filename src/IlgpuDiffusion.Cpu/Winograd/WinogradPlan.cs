using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// A convolution by tiles, cut into tasks from shapes alone. The lines of tiles of all images are taken in chunks, whose transformed inputs
/// have a place in the arena: [positions][blocks of 128 channels][tiles][128]. Of a chunk first all inputs are transformed, then a task
/// multiplies a range of tiles by one panel of the weight, which it transforms itself, position by position, and transforms the sums back.
/// </summary>
internal sealed class WinogradPlan
{
    /// <summary>Few, so that they are read again from a third-level cache that others use too; a range of tiles at least, for which a panel's weights are transformed.</summary>
    private const long ChunkBytes = 8 << 20;
    private const int ChunkTilesAtLeast = 112;
    private const int RangeTilesAtMost = 112;
    private const int StripTilesAtMost = 16;
    private const int StripBytes = 400 << 10;
    private const int WantedTasks = 24;

    private WinogradPlan(Shape x, Shape output, PanelSize weight, Padding padding, Grid resized, ConvolutionMethod method, int outputs, int points)
    {
        (Method, Outputs, Points, Weight, Padding, Resized) = (method, outputs, points, weight, padding, resized);
        (Inputs, Source, Output) = (x.Channels, new Grid(x.Height, x.Width), new Grid(output.Height, output.Width));
        (LineTiles, ImageLines) = (Parts(output.Width, outputs), Parts(output.Height, outputs));
        (Lines, Blocks) = (x.Batch * ImageLines, Parts(x.Channels, Panels.KBlock));

        long tileBytes = (long)Positions * Blocks * Panels.KBlock * sizeof(float);
        ChunkLines = EvenPart(Lines, (int)Math.Max(Math.Max(ChunkBytes / tileBytes, ChunkTilesAtLeast) / LineTiles, 1));
        Chunks = Parts(Lines, ChunkLines);
        int tiles = ChunkLines * LineTiles;
        ChunkRows = tiles + TileSweep.Tall;

        int ranges = Math.Max(Parts(tiles, RangeTilesAtMost), Math.Min(Parts(WantedTasks, weight.Panels), Parts(tiles, TileSweep.Tall)));
        RangeTiles = Parts(tiles, ranges);
        StripTiles = EvenPart(LineTiles, StripTilesAtMost);

        // Whole segments of lines, whose sums have a slot of their own.
        int unit = LineTiles % StripTiles == 0 ? StripTiles : LineTiles;
        SumSlots = unit <= RangeTilesAtMost ? ImageLines * Segments * Quarters : 0;
        unit = SumSlots > 0 ? unit : TileSweep.Tall;
        RangeTiles = ranges == 1 ? RangeTiles : Parts(RangeTiles, unit) * unit;

        int most = (int)Math.Max((StripBytes / (StripWidth * Panels.KBlock * sizeof(float)) - (points - outputs)) / outputs, 1);
        StripLines = EvenPart(ImageLines, Math.Min(most, Math.Max(ChunkLines * Blocks * Parts(LineTiles, StripTiles) / WantedTasks, 1)));
    }

    public ConvolutionMethod Method { get; }

    /// <summary>4 if the phases of a doubled picture's convolution are computed one after the other, else 1.</summary>
    public int Quarters => Method == ConvolutionMethod.WinogradPhases ? 4 : 1;

    /// <summary>Results along a side of a tile.</summary>
    public int Outputs { get; }

    /// <summary>Inputs along a side of a tile, and products.</summary>
    public int Points { get; }

    /// <summary>Products of a tile and a channel.</summary>
    public int Positions => Points * Points;

    /// <summary>The packed weight.</summary>
    public PanelSize Weight { get; }

    public Padding Padding { get; }

    /// <summary>The input in memory.</summary>
    public Grid Source { get; }

    /// <summary>The input as the kernel sees it, after the nearest-neighbour resize.</summary>
    public Grid Resized { get; }

    /// <summary>The output, or one quarter of it.</summary>
    public Grid Output { get; }

    public int Inputs { get; }

    /// <summary>Blocks of channels that are summed on their own.</summary>
    public int Blocks { get; }

    /// <summary>Tiles of a line.</summary>
    public int LineTiles { get; }

    /// <summary>Lines of tiles of an image.</summary>
    public int ImageLines { get; }

    /// <summary>Lines of tiles of all images.</summary>
    public int Lines { get; }

    public int ChunkLines { get; }

    public int Chunks { get; }

    /// <summary>Rows of a block of transformed inputs; the multiplication may read one tile's height past the last one.</summary>
    public int ChunkRows { get; }

    /// <summary>Floats from one block of channels to the next.</summary>
    public nint BlockFloats => (nint)ChunkRows * Panels.KBlock;

    /// <summary>Floats from one position to the next; not a multiple of a page, whose lines would fall into the same cache sets.</summary>
    public nint PositionFloats => (Blocks * BlockFloats) + 48;

    /// <summary>Bytes of arena: the transformed inputs of a chunk.</summary>
    public long ArenaBytes => (long)Positions * PositionFloats * sizeof(float);

    /// <summary>Tiles of a task of the multiplication.</summary>
    public int RangeTiles { get; }

    /// <summary>Floats of the sums from one position to the next.</summary>
    public nint SumFloats => ((nint)TileSweep.CoveredRows(RangeTiles) * Panels.Columns) + 16;

    /// <summary>Floats of the transformed weight from one position to the next.</summary>
    public static nint SlabFloats => (Panels.KBlock * Panels.Columns) + 16;

    /// <summary>Neighbouring tiles whose inputs are gathered at a time.</summary>
    public int StripTiles { get; }

    /// <summary>Lines of tiles whose inputs are gathered at a time.</summary>
    public int StripLines { get; }

    /// <summary>Slots for the sums of an image's channels: one for each segment of a line of tiles; 0 if tasks cut segments.</summary>
    public int SumSlots { get; }

    /// <summary>Pixels of a strip's line.</summary>
    public int StripWidth => (StripTiles * Outputs) + Points - Outputs;

    /// <summary>Parts into which the strips cut a line.</summary>
    public int Segments => Parts(LineTiles, StripTiles);

    /// <summary>Floats of the vectors between the two passes of a transform.</summary>
    public int MiddleFloats => Positions * 16;

    /// <summary>Bytes of a thread's scratch.</summary>
    public long ScratchBytes => (MiddleFloats + Math.Max(InputFloats, ProductFloats)) * sizeof(float);

    /// <summary>Floats of a strip.</summary>
    public long StripFloats => (long)StripWidth * ((StripLines * Outputs) + Points - Outputs) * Panels.KBlock;

    private long InputFloats => StripFloats + StripWidth;

    private long ProductFloats =>
        (Positions * (SlabFloats + SumFloats)) + WeightTiles.WidenedFloats(Weight.Taps) + ((long)Outputs * StripTiles * Outputs * Panels.Columns);

    /// <summary>Tasks that transform a chunk's inputs.</summary>
    public int InputTasks(int lines) => Parts(lines, StripLines) * Segments * Blocks;

    /// <summary>Tasks that multiply a chunk.</summary>
    public int ProductTasks(int lines) => Weight.Panels * Parts(lines * LineTiles, RangeTiles);

    /// <summary>The plan of a 3×3 convolution of stride 1 by tiles.</summary>
    public static WinogradPlan Create(ConvolutionMethod method, Shape x, Shape output, PanelSize weight, Padding padding, Grid resized) => method switch
    {
        ConvolutionMethod.WinogradPhases => new WinogradPlan(x, x with { Channels = output.Channels }, weight, padding, new Grid(x.Height, x.Width), method, Filter3x2.Outputs, Filter3x2.Points),
        ConvolutionMethod.Winograd4 => new WinogradPlan(x, output, weight, padding, resized, method, Filter4x3.Outputs, Filter4x3.Points),
        _ => new WinogradPlan(x, output, weight, padding, resized, method, Filter2x3.Outputs, Filter2x3.Points),
    };

    private static int Parts(int whole, int part) => (whole + part - 1) / part;

    private static int EvenPart(int whole, int largest) => Parts(whole, Parts(whole, Math.Min(whole, largest)));
}
