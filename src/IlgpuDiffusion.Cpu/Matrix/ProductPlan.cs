using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// A matrix product or convolution cut into tasks, from shapes alone. A task is a rectangle of output pixels (of several whole images if they
/// are small) times some panels of the weight. A product over tokens is a convolution of one line of pixels by a 1×1 kernel.
/// </summary>
internal sealed class ProductPlan
{
    private const int TaskPixels = 256;
    private const int TaskWidth = 64;
    private const int TaskPanels = 10;
    private const int WantedTasks = 24;

    /// <summary>A third of a second-level cache of 1 MiB: as much again is fetched ahead of the next task.</summary>
    private const int WholeStripBytes = 344 << 10;

    private ProductPlan(Shape x, Shape output, PanelSize weight, Grid kernel, int stride, Padding padding, Grid grid, bool flat)
    {
        (Weight, Kernel, Stride, Padding, Resized, Flat) = (weight, kernel, stride, padding, grid, flat);
        (Images, ImagePixels) = (output.Batch, output.Tokens);
        (Batch, Source, Inputs) = flat ? (1, new Grid(1, x.Rows), x.Channels) : (x.Batch, new Grid(x.Height, x.Width), x.Channels);
        Output = flat ? new Grid(1, output.Rows) : new Grid(output.Height, output.Width);

        int pixels = TaskPixels / stride;
        TileWidth = flat ? EvenPart(Output.Width, pixels - (pixels % TileSweep.Tall)) : EvenPart(Output.Width, TaskWidth);
        if (flat && TileWidth < Output.Width)
        {
            TileWidth = (TileWidth + TileSweep.Tall - 1) / TileSweep.Tall * TileSweep.Tall;
        }

        TileHeight = EvenPart(Output.Height, Math.Max(pixels / TileWidth, 1));
        TileImages = TileWidth == Output.Width && TileHeight == Output.Height ? EvenPart(Batch, Math.Max(pixels / (TileWidth * TileHeight), 1)) : 1;
        (ColumnTasks, RowTasks, ImageTasks) = (Parts(Output.Width, TileWidth), Parts(Output.Height, TileHeight), Parts(Batch, TileImages));

        int wanted = Parts(WantedTasks, PixelTasks);
        TilePanels = Math.Clamp(weight.Panels / wanted, Math.Min(weight.Panels, 2), TaskPanels);
        TilePanels = EvenPart(weight.Panels, TilePanels);
        PanelTasks = Parts(weight.Panels, TilePanels);
        GroupBlocks = BlockStripFloats * Blocks * sizeof(float) <= WholeStripBytes ? Blocks : 1;
    }

    /// <summary>The packed weight.</summary>
    public PanelSize Weight { get; }

    /// <summary>Whether all pixels of all images are one line.</summary>
    public bool Flat { get; }

    /// <summary>Images of the result, whether flat or not.</summary>
    public int Images { get; }

    /// <summary>Pixels of one image of the result.</summary>
    public int ImagePixels { get; }

    /// <summary>Images as the tasks see them: 1 if flat.</summary>
    public int Batch { get; }

    /// <summary>The input in memory.</summary>
    public Grid Source { get; }

    /// <summary>The input as the kernel sees it, after the nearest-neighbour resize.</summary>
    public Grid Resized { get; }

    public Grid Output { get; }

    public Grid Kernel { get; }

    public int Inputs { get; }

    public int Stride { get; }

    public Padding Padding { get; }

    public int TileImages { get; }

    public int TileHeight { get; }

    public int TileWidth { get; }

    public int TilePanels { get; }

    public int ImageTasks { get; }

    public int RowTasks { get; }

    public int ColumnTasks { get; }

    public int PanelTasks { get; }

    public int PixelTasks => ImageTasks * RowTasks * ColumnTasks;

    public int Tasks => PixelTasks * PanelTasks;

    /// <summary>Columns of a strip are stored by their remainder modulo the stride, so that a tile's pixels are neighbours; this many remainders occur.</summary>
    public int Phases => Math.Min(Stride, Kernel.Width);

    /// <summary>Strip positions of one phase of one line.</summary>
    public int PhaseWidth(int tileWidth) => tileWidth + ((Kernel.Width - 1) / Stride);

    /// <summary>Lines of a strip that a tile of some height needs.</summary>
    public int StripHeight(int tileHeight) => ((tileHeight - 1) * Stride) + Kernel.Height;

    /// <summary>Blocks of inputs.</summary>
    public int Blocks => Parts(Inputs, Panels.KBlock);

    /// <summary>Blocks that are in the strip at one time: all of them if they fit, so that a panel's sums are finished before the next panel's begin.</summary>
    public int GroupBlocks { get; }

    /// <summary>Floats of the largest strip of one block; tiles may read one tile's height past the last pixel.</summary>
    public long BlockStripFloats => (((long)TileImages * StripHeight(TileHeight) * Phases * PhaseWidth(TileWidth)) + TileSweep.Tall) * Panels.KBlock;

    /// <summary>Floats of the largest strip.</summary>
    public long StripFloats => GroupBlocks * BlockStripFloats;

    /// <summary>Panels whose sums are under way at one time.</summary>
    public int SumPanels => GroupBlocks == Blocks ? 1 : TilePanels;

    /// <summary>Floats of one panel of the sums.</summary>
    public long PanelFloats => (long)TileImages * TileHeight * TileSweep.CoveredRows(TileWidth) * Panels.Columns;

    /// <summary>Source columns of the strip's positions.</summary>
    public long ColumnTableInts => (Phases * PhaseWidth(TileWidth)) + 15;

    /// <summary>Bytes of a thread's scratch: the strip, one slab in single precision, the sums, the table of columns.</summary>
    public long ScratchBytes => (StripFloats + (Panels.KBlock * Panels.Columns) + (SumPanels * PanelFloats) + ColumnTableInts) * sizeof(float);

    /// <summary>Whether each input is read by so many tasks that an expensive prologue is better done once, into memory.</summary>
    public bool AppliesSiluFirst => PanelTasks >= (Weight.Taps > 1 ? 3 : 2);

    /// <summary>A product of tokens [B, H, W, K] and a packed weight.</summary>
    public static ProductPlan Linear(Shape x, PanelSize weight) =>
        new(x, x, weight, new Grid(1, 1), 1, default, new Grid(1, x.Rows), flat: true);

    /// <summary>A convolution.</summary>
    public static ProductPlan Convolution(Shape x, Shape output, PanelSize weight, Grid kernel, int stride, Padding padding, Grid resized)
    {
        bool flat = kernel == new Grid(1, 1) && stride == 1 && padding == default && resized == new Grid(x.Height, x.Width);
        return new(x, output, weight, kernel, stride, padding, flat ? new Grid(1, x.Rows) : resized, flat);
    }

    private static int Parts(int whole, int part) => (whole + part - 1) / part;

    private static int EvenPart(int whole, int largest) => Parts(whole, Parts(whole, Math.Min(whole, largest)));
}
