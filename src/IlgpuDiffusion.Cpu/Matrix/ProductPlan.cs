using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// A matrix product or convolution cut into tasks, from shapes alone. A task is a rectangle of output pixels (of several whole images if they
/// are small) times some panels of the weight. A product over tokens is a convolution of one line of pixels by a 1×1 kernel, and a 3×3
/// convolution of a picture doubled by repeating its pixels is four 2×2 convolutions of the picture itself (<see cref="Quarters"/>).
/// </summary>
internal sealed class ProductPlan
{
    private const int TaskPixels = 256;
    private const int TaskWidth = 64;
    private const int TaskPanels = 10;
    private const int WantedTasks = 24;

    /// <summary>Panels that several tasks read one after the other from the third-level cache.</summary>
    private const int GroupBytes = 4 << 20;

    /// <summary>Fillings of the same rows from which on they are packed once, and the most memory that may take.</summary>
    private const int PacksFrom = 3;
    private const long PackedAtMost = 16 << 20;

    /// <summary>Fewer rows than these read the weight too often to have all of their inputs at hand.</summary>
    private const int WholeRowsAtLeast = 60;

    /// <summary>A third of a second-level cache of 1 MiB: as much again is fetched ahead of the next task.</summary>
    private const int WholeStripBytes = 344 << 10;

    private ProductPlan(Shape x, Shape output, PanelSize weight, Grid kernel, int stride, Padding padding, Grid grid, bool flat = false, bool doubled = false)
    {
        (Weight, Kernel, Stride, Padding, Resized, Flat, Quarters) = (weight, kernel, stride, padding, grid, flat, doubled ? 4 : 1);
        (Images, ImagePixels) = (output.Batch, output.Tokens);
        (Batch, Source, Inputs) = flat ? (1, new Grid(1, x.Rows), x.Channels) : (x.Batch, new Grid(x.Height, x.Width), x.Channels);
        Output = flat ? new Grid(1, output.Rows) : doubled ? Source : new Grid(output.Height, output.Width);

        // Of a product over many tokens, as many rows as have all of their inputs in the cache: then any number of panels shares one filling.
        int pixels = TaskPixels / stride, cached = (WholeStripBytes / (Blocks * Panels.KBlock * sizeof(float))) - TileSweep.Tall;
        bool whole = flat && Output.Width > pixels && cached >= WholeRowsAtLeast;
        pixels = whole ? Math.Min(pixels, cached) : pixels;
        TileWidth = flat ? EvenPart(Output.Width, pixels - (pixels % TileSweep.Tall)) : EvenPart(Output.Width, TaskWidth);
        if (flat && TileWidth < Output.Width)
        {
            TileWidth = (TileWidth + TileSweep.Tall - 1) / TileSweep.Tall * TileSweep.Tall;
        }

        TileHeight = EvenPart(Output.Height, Math.Max(pixels / TileWidth, 1));
        TileImages = TileWidth == Output.Width && TileHeight == Output.Height ? EvenPart(Batch, Math.Max(pixels / (TileWidth * TileHeight), 1)) : 1;
        (ColumnTasks, RowTasks, ImageTasks) = (Parts(Output.Width, TileWidth), Parts(Output.Height, TileHeight), Parts(Batch, TileImages));

        int wanted = Parts(WantedTasks, PixelTasks);
        int most = whole ? Math.Max(GroupBytes / (weight.PanelElements * sizeof(float)), TaskPanels) : TaskPanels;
        TilePanels = Math.Clamp(weight.Panels / wanted, Math.Min(weight.Panels, 2), most);
        TilePanels = EvenPart(weight.Panels, TilePanels);
        PanelTasks = Parts(weight.Panels, TilePanels);
        GroupBlocks = BlockStripFloats * Blocks * sizeof(float) <= WholeStripBytes ? Blocks : 1;
        Packs = flat && !whole && PanelTasks >= PacksFrom && Blocks * PackedBlockFloats * sizeof(float) <= PackedAtMost;
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

    /// <summary>The output, or one quarter of it.</summary>
    public Grid Output { get; }

    /// <summary>
    /// 4 if the pixels (2i + p, 2j + q) of the output are computed apart for each p and q: there only 2×2 pixels of the small picture lie under
    /// the 3×3 kernel, so its taps that meet the same pixel are added first. Else 1.
    /// </summary>
    public int Quarters { get; }

    /// <summary>The kernel that is multiplied: of a quarter 2×2.</summary>
    public Grid Kernel { get; }

    public int Taps => Kernel.Height * Kernel.Width;

    public int Inputs { get; }

    public int Stride { get; }

    /// <summary>Zeros around the picture; the quarters p = 1 and q = 1 have one less above and on the left.</summary>
    public Padding Padding { get; }

    public int TileImages { get; }

    public int TileHeight { get; }

    public int TileWidth { get; }

    public int TilePanels { get; }

    public int ImageTasks { get; }

    public int RowTasks { get; }

    public int ColumnTasks { get; }

    public int PanelTasks { get; }

    public int PixelTasks => ImageTasks * RowTasks * ColumnTasks * Quarters;

    /// <summary>Slots for the sums of an image's channels: one for each task that computes a part of the image; 0 if tasks reach over images.</summary>
    public int SumSlots => Flat ? 0 : RowTasks * ColumnTasks * Quarters;

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
    public long StripFloats => Packs ? 0 : GroupBlocks * BlockStripFloats;

    /// <summary>Whether the input goes through the prologue into a memory that all tasks read as their strip, as each row serves many short tasks.</summary>
    public bool Packs { get; }

    /// <summary>Floats of one block of the packed input.</summary>
    public nint PackedBlockFloats => (nint)(Output.Width + TileSweep.Tall) * Panels.KBlock;

    /// <summary>Panels whose sums are under way at one time.</summary>
    public int SumPanels => GroupBlocks == Blocks ? 1 : TilePanels;

    /// <summary>Floats of one panel of the sums.</summary>
    public long PanelFloats => (long)TileImages * TileHeight * TileSweep.CoveredRows(TileWidth) * Panels.Columns;

    /// <summary>Source columns of the strip's positions.</summary>
    public long ColumnTableInts => (Phases * PhaseWidth(TileWidth)) + 15;

    /// <summary>Bytes of a thread's scratch: the strip, one slab in single precision, the sums, the table of columns.</summary>
    public long ScratchBytes => (StripFloats + (Panels.KBlock * Panels.Columns) + (SumPanels * PanelFloats) + ColumnTableInts) * sizeof(float);

    /// <summary>Whether each input is read by so many tasks that an expensive prologue is better done once, into memory.</summary>
    public bool AppliesSiluFirst => PanelTasks * Quarters >= (Taps > 1 ? 3 : 2);

    /// <summary>A product of tokens [B, H, W, K] and a packed weight.</summary>
    public static ProductPlan Linear(Shape x, PanelSize weight) =>
        new(x, x, weight, new Grid(1, 1), 1, default, new Grid(1, x.Rows), flat: true);

    /// <summary>A convolution.</summary>
    /// <param name="x">The input [B, h, w, I].</param>
    /// <param name="output">The result [B, H, W, O].</param>
    /// <param name="weight">The packed weight.</param>
    /// <param name="kernel">Its rows and columns.</param>
    /// <param name="stride">Step in both directions.</param>
    /// <param name="padding">Zeros around the resized input.</param>
    /// <param name="resized">The resized input.</param>
    /// <param name="quarters">Whether the output is computed in quarters: <see cref="Conv2d.Phases"/>.</param>
    public static ProductPlan Convolution(Shape x, Shape output, PanelSize weight, Grid kernel, int stride, Padding padding, Grid resized, bool quarters = false)
    {
        if (quarters)
        {
            return new(x, output, weight, new Grid(2, 2), 1, padding, new Grid(x.Height, x.Width), doubled: true);
        }

        bool flat = kernel == new Grid(1, 1) && stride == 1 && padding == default && resized == new Grid(x.Height, x.Width);
        return new(x, output, weight, kernel, stride, padding, flat ? new Grid(1, x.Rows) : resized, flat);
    }

    private static int Parts(int whole, int part) => (whole + part - 1) / part;

    private static int EvenPart(int whole, int largest) => Parts(whole, Parts(whole, Math.Min(whole, largest)));
}
