using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// One product: per task and block of channels, the needed pixels are gathered into a strip, each panel's slabs are widened, and tiles multiply
/// the two; the epilogue follows while the sums are in the cache.
/// </summary>
/// <param name="plan">The tasks.</param>
/// <param name="type">The weight's.</param>
/// <param name="threads">Threads that take tasks in turn, for guessing a thread's next task.</param>
internal sealed unsafe partial class ProductJob(ProductPlan plan, ElementType type, int threads) : ParallelJob
{
    /// <summary>Set before each run.</summary>
    public InputPlaces Input;

    /// <summary>The input as a strip of all rows, if the plan packs it; set before each run.</summary>
    public float* Packed;

    /// <summary>Set before each run.</summary>
    public OutputPlaces Output;

    /// <summary>The packed weight; set before each run.</summary>
    public byte* Weight;

    public override void Execute(int task, byte* scratch)
    {
        Tile tile = Locate(task);
        float* strip = (float*)scratch, slab = strip + plan.StripFloats, sums = slab + (Panels.KBlock * Panels.Columns);
        int* columns = (int*)(sums + (plan.SumPanels * plan.PanelFloats));
        if (!plan.Flat)
        {
            FillColumnTable(tile, columns);
        }

        int tiles = tile.Images * tile.Height * (tile.Tall + tile.Short);
        for (int block = 0; block < plan.Blocks; block += plan.GroupBlocks)
        {
            int end = Math.Min(block + plan.GroupBlocks, plan.Blocks), steps = tiles * tile.Panels * (end - block) * plan.Taps;
            float* rows = strip;
            FetchAhead pixels = default;
            if (plan.Packs)
            {
                rows = PackedRows(tile, block);
            }
            else
            {
                Fill(tile, strip, columns, block, end);
                pixels = end < plan.Blocks ? Pixels(tile, end, steps) : task + threads < plan.Tasks ? Pixels(Locate(task + threads), 0, steps) : default;
            }

            for (int panel = 0; panel < tile.Panels; panel++)
            {
                MultiplyPanel(tile, rows, slab, sums + (plan.SumPanels == 1 ? 0 : panel * plan.PanelFloats), panel, block, end, tiles, ref pixels);
            }
        }
    }

    private float* PackedRows(in Tile tile, int block) => Packed + (block * plan.PackedBlockFloats) + ((nint)tile.X * Panels.KBlock);

    /// <summary>The pixels of a tile's next group of blocks, without those around its edges.</summary>
    private FetchAhead Pixels(in Tile tile, int block, int steps)
    {
        bool whole = tile.Width == plan.Source.Width;
        if (plan.Stride != 1 || plan.Resized != plan.Source || !(whole || tile.Height == 1))
        {
            return default;
        }

        int channel = block * Panels.KBlock, channels = Math.Min(plan.Inputs - channel, plan.GroupBlocks * Panels.KBlock);
        nint pixel = ((((nint)tile.Image * plan.Source.Height) + tile.Y) * plan.Source.Width) + tile.X;
        return FetchAhead.Rows(Input.X + (pixel * Input.Stride) + channel, Input.Stride * sizeof(float), (nint)channels * sizeof(float), tile.Images * tile.Height * tile.Width, steps);
    }

    private void MultiplyPanel(in Tile tile, float* strip, float* slab, float* sums, int panel, int block, int end, int tiles, ref FetchAhead pixels)
    {
        nint lineWidth = plan.Phases * plan.PhaseWidth(tile.Width);
        nint blockFloats = plan.Packs ? plan.PackedBlockFloats : (nint)plan.BlockStripFloats;
        int elementBytes = type.Size(), columns = plan.Weight.Gated ? Panels.Columns : Math.Min(Panels.Columns, plan.Weight.Outputs - ((tile.Panel + panel) * Panels.Columns));
        for (int i = block; i < end; i++, strip += blockFloats)
        {
            int channel = i * Panels.KBlock, channels = Math.Min(plan.Inputs - channel, Panels.KBlock), slabElements = channels * Panels.Columns;
            nint offset = SlabOffset(tile.Panel + panel, i), slabBytes = (nint)slabElements * elementBytes;
            nint next = i + 1 < end ? SlabOffset(tile.Panel + panel, i + 1)
                : panel + 1 < tile.Panels ? SlabOffset(tile.Panel + panel + 1, block)
                : SlabOffset(tile.Panel, end == plan.Blocks ? 0 : end);
            for (int tap = 0; tap < plan.Taps; tap++)
            {
                // A quarter reads all slabs of a block at once, so it fetches a part of the next block's with each of its own.
                bool last = i == plan.Blocks - 1 && tap == plan.Taps - 1;
                nint part = plan.Quarters > 1 ? plan.Weight.Taps * slabBytes / plan.Taps : slabBytes;
                byte* ahead = plan.Quarters > 1 ? Weight + (next * elementBytes) + (tap * part)
                    : Weight + ((tap + 1 < plan.Taps ? offset + ((tap + 1) * (nint)slabElements) : next) * elementBytes);
                FetchAhead weights = FetchAhead.Rows(ahead, 0, part, 1, tiles);
                MultiplySlab(tile, strip, Slab(tile.Quarter, tap, offset, slabElements, slab), sums, tap, channels, columns, i == 0 && tap == 0, last ? panel : -1, lineWidth, ref weights, ref pixels);
            }
        }
    }

    private void MultiplySlab(
        in Tile tile, float* strip, float* b, float* c, int tap, int channels, int columns, bool first, int finished, nint lineWidth, ref FetchAhead weights, ref FetchAhead pixels)
    {
        (int kernelWidth, int stride) = (plan.Kernel.Width, plan.Stride);
        int stripHeight = plan.StripHeight(tile.Height);
        (int ky, int kx) = (tap / kernelWidth, tap % kernelWidth);
        float* from = strip + (((ky * lineWidth) + (kx % stride * plan.PhaseWidth(tile.Width)) + (kx / stride)) * Panels.KBlock);
        for (int image = 0; image < tile.Images; image++)
        {
            if (finished >= 0)
            {
                int output = (tile.Panel + finished) * plan.Weight.OutputsPerPanel;
                SlotSums.Begin(Output, tile.Image + image, tile.Slot, output, Math.Min(plan.Weight.OutputsPerPanel, plan.Weight.Outputs - output));
            }

            for (int y = 0; y < tile.Height; y++)
            {
                float* a = from + (((image * stripHeight) + (y * stride)) * lineWidth * Panels.KBlock);
                nint pixel = ((((((nint)(tile.Image + image) * plan.Output.Height) + tile.Y + y) * tile.Step) + tile.Lower) * plan.Output.Width) + tile.X;
                int left = tile.Width;
                for (int i = 0; i < tile.Tall + tile.Short; i++)
                {
                    int rows = i < tile.Tall ? TileSweep.Tall : TileSweep.Short;
                    weights.Step();
                    pixels.Step();
                    if (finished >= 0)
                    {
                        FetchResults(tile, finished, pixel, Math.Min(rows, left));
                    }

                    TileSweep.Multiply(rows, a, b, channels, c, first, columns);
                    if (finished >= 0)
                    {
                        Write(tile, finished, c, pixel, Math.Min(rows, left));
                    }

                    a += rows * Panels.KBlock;
                    c += rows * Panels.Columns;
                    pixel += rows;
                    left -= rows;
                }
            }
        }
    }

    private nint SlabOffset(int panel, int block) => ((nint)panel * plan.Weight.PanelElements) + ((nint)block * Panels.KBlock * plan.Weight.Taps * Panels.Columns);

    private float* Slab(int quarter, int tap, nint offset, int elements, float* slab)
    {
        if (plan.Quarters > 1)
        {
            return TapSums.Of(quarter, tap, Weight + (offset * type.Size()), elements, slab, type);
        }

        offset += (nint)tap * elements;
        if (type == ElementType.F32)
        {
            return (float*)Weight + offset;
        }

        Widening.ToSingle(slab, Weight + (offset * type.Size()), elements, type);
        return slab;
    }

    private Tile Locate(int task)
    {
        (int panels, int pixels) = Math.DivRem(task, plan.PixelTasks);
        (pixels, int quarter) = Math.DivRem(pixels, plan.Quarters);
        (int rest, int column) = Math.DivRem(pixels, plan.ColumnTasks);
        (int images, int row) = Math.DivRem(rest, plan.RowTasks);
        int slot = (((row * plan.ColumnTasks) + column) * plan.Quarters) + quarter;
        (int image, int y, int x, int panel) = (images * plan.TileImages, row * plan.TileHeight, column * plan.TileWidth, panels * plan.TilePanels);
        int width = Math.Min(plan.TileWidth, plan.Output.Width - x);
        (int tall, int few) = TileSweep.Cover(width);
        return new Tile(
            slot,
            quarter,
            plan.Quarters > 1 ? Output.EveryOther(quarter & 1) : Output,
            image,
            Math.Min(plan.TileImages, plan.Batch - image),
            y,
            Math.Min(plan.TileHeight, plan.Output.Height - y),
            x,
            width,
            panel,
            Math.Min(plan.TilePanels, plan.Weight.Panels - panel),
            tall,
            few,
            plan.Quarters > 1 ? 2 : 1);
    }

    /// <summary>Asks for what the epilogue of a tile reads and overwrites.</summary>
    private void FetchResults(in Tile tile, int panel, nint pixel, int count)
    {
        int width = plan.Weight.OutputsPerPanel, first = (tile.Panel + panel) * width;
        float* y = tile.Output.Y + (pixel * tile.Output.Stride) + first, residual = tile.Output.Residual + (pixel * tile.Output.ResidualStride) + first;
        for (int i = 0; i < count; i++)
        {
            FetchAhead.Lines((byte*)(y + (i * tile.Output.Stride)), width / 16);
            if (tile.Output.Residual != null)
            {
                FetchAhead.Lines((byte*)(residual + (i * tile.Output.ResidualStride)), width / 16);
            }
        }
    }

    /// <summary>Takes a tile's finished sums to the result.</summary>
    private void Write(in Tile tile, int panel, float* sums, nint pixel, int count)
    {
        int first = (tile.Panel + panel) * plan.Weight.OutputsPerPanel;
        int outputs = Math.Min(plan.Weight.OutputsPerPanel, plan.Weight.Outputs - first);

        // A flat line runs on over images.
        int imagePixels = plan.ImagePixels / tile.Step;
        while (count > 0)
        {
            int image = (int)(pixel / imagePixels), part = (int)Math.Min(count, ((nint)(image + 1) * imagePixels) - pixel);
            EpilogueRows.Write(sums, tile.Output, pixel, part, image, first, outputs);
            SlotSums.Add(tile.Output, pixel, part, image, tile.Slot, first, outputs);
            sums += part * Panels.Columns;
            pixel += part;
            count -= part;
        }
    }

    /// <param name="Slot">Where its sums for a group norm go.</param>
    /// <param name="Quarter">2p + q for the quarter of the pixels (2i + p, 2j + q).</param>
    /// <param name="Output">The result, or every other column of it.</param>
    /// <param name="Image">The first image.</param>
    /// <param name="Images">Images.</param>
    /// <param name="Y">The first line.</param>
    /// <param name="Height">Lines.</param>
    /// <param name="X">The first column.</param>
    /// <param name="Width">Columns.</param>
    /// <param name="Panel">The first panel.</param>
    /// <param name="Panels">Panels.</param>
    /// <param name="Tall">Tall tiles of a line.</param>
    /// <param name="Short">Short tiles of a line.</param>
    /// <param name="Step">Lines of the result from one line to the next.</param>
    private readonly record struct Tile(
        int Slot, int Quarter, OutputPlaces Output, int Image, int Images, int Y, int Height, int X, int Width, int Panel, int Panels, int Tall, int Short, int Step)
    {
        /// <summary>1 for the quarters of odd lines.</summary>
        public int Lower => Quarter >> 1;

        /// <summary>1 for the quarters of odd columns.</summary>
        public int Right => Quarter & 1;
    }
}
