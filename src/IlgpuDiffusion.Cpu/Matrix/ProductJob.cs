using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// One product: per task and block of channels, the needed pixels are gathered into a strip, each panel's slabs are widened, and tiles multiply
/// the two; the epilogue follows while the sums are in the cache.
/// </summary>
internal sealed unsafe class ProductJob(ProductPlan plan, ElementType type) : ParallelJob
{
    /// <summary>Set before each run.</summary>
    public InputPlaces Input;

    /// <summary>Set before each run.</summary>
    public OutputPlaces Output;

    /// <summary>The packed weight; set before each run.</summary>
    public byte* Weight;

    public override void Execute(int task, byte* scratch)
    {
        Tile tile = Locate(task);
        float* strip = (float*)scratch, slab = strip + plan.StripFloats, sums = slab + (Panels.KBlock * Panels.Columns);
        int* columns = (int*)(sums + (plan.TilePanels * plan.PanelFloats));
        if (!plan.Flat)
        {
            FillColumnTable(tile, columns);
        }

        for (int channel = 0; channel < plan.Inputs; channel += Panels.KBlock)
        {
            int channels = Math.Min(plan.Inputs - channel, Panels.KBlock);
            if (plan.Flat)
            {
                FillFlat(tile, strip, channel, channels);
            }
            else
            {
                FillStrip(tile, strip, columns, channel, channels);
            }

            for (int panel = 0; panel < tile.Panels; panel++)
            {
                MultiplyPanel(tile, strip, slab, sums + (panel * plan.PanelFloats), tile.Panel + panel, channel, channels);
            }
        }

        Write(tile, sums);
    }

    private void MultiplyPanel(in Tile tile, float* strip, float* slab, float* sums, int panel, int channel, int channels)
    {
        (int kernelWidth, int stride) = (plan.Kernel.Width, plan.Stride);
        nint phaseWidth = plan.PhaseWidth(tile.Width), lineWidth = plan.Phases * phaseWidth;
        int stripHeight = plan.StripHeight(tile.Height);
        int slabElements = channels * Panels.Columns;
        nint offset = ((nint)panel * plan.Weight.PanelElements) + ((nint)channel * plan.Weight.Taps * Panels.Columns);
        for (int tap = 0; tap < plan.Taps; tap++)
        {
            float* b = Slab(tile.Quarter, tap, offset, slabElements, slab);
            (int ky, int kx) = (tap / kernelWidth, tap % kernelWidth);
            float* from = strip + (((ky * lineWidth) + (kx % stride * phaseWidth) + (kx / stride)) * Panels.KBlock);
            float* c = sums;
            bool first = channel == 0 && tap == 0;
            for (int image = 0; image < tile.Images; image++)
            {
                for (int y = 0; y < tile.Height; y++)
                {
                    float* a = from + (((image * stripHeight) + (y * stride)) * lineWidth * Panels.KBlock);
                    for (int i = 0; i < tile.Tall; i++, a += TileSweep.Tall * Panels.KBlock, c += TileSweep.Tall * Panels.Columns)
                    {
                        TileSweep.Multiply(TileSweep.Tall, a, b, channels, c, first);
                    }

                    for (int i = 0; i < tile.Short; i++, a += TileSweep.Short * Panels.KBlock, c += TileSweep.Short * Panels.Columns)
                    {
                        TileSweep.Multiply(TileSweep.Short, a, b, channels, c, first);
                    }
                }
            }
        }
    }

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

        Widening.ToSingle(slab, (ushort*)Weight + offset, elements, type);
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
            image,
            Math.Min(plan.TileImages, plan.Batch - image),
            y,
            Math.Min(plan.TileHeight, plan.Output.Height - y),
            x,
            width,
            panel,
            Math.Min(plan.TilePanels, plan.Weight.Panels - panel),
            tall,
            few);
    }

    private void FillColumnTable(in Tile tile, int* columns)
    {
        int phaseWidth = plan.PhaseWidth(tile.Width);
        for (int phase = 0; phase < plan.Phases; phase++)
        {
            for (int i = 0; i < phaseWidth; i++)
            {
                columns[(phase * phaseWidth) + i] = SourceIndex(((tile.X + i) * plan.Stride) + phase + tile.Right - plan.Padding.Left, plan.Resized.Width, plan.Source.Width);
            }
        }
    }

    private void FillStrip(in Tile tile, float* strip, int* columns, int channel, int channels)
    {
        int lineWidth = plan.Phases * plan.PhaseWidth(tile.Width), stripHeight = plan.StripHeight(tile.Height);
        for (int image = tile.Image; image < tile.Image + tile.Images; image++)
        {
            for (int i = 0; i < stripHeight; i++, strip += (nint)lineWidth * Panels.KBlock)
            {
                int y = SourceIndex((tile.Y * plan.Stride) + i + tile.Lower - plan.Padding.Top, plan.Resized.Height, plan.Source.Height);
                if (y < 0)
                {
                    new Span<float>(strip, lineWidth * Panels.KBlock).Clear();
                    continue;
                }

                nint line = (((nint)image * plan.Source.Height) + y) * plan.Source.Width;
                StripFill.Line(strip, Panels.KBlock, Input, line, columns, lineWidth, channel, channels, image);
            }
        }
    }

    private void FillFlat(in Tile tile, float* strip, int channel, int channels)
    {
        for (int done = 0; done < tile.Width;)
        {
            int pixel = tile.X + done, image = pixel / plan.ImagePixels;
            int count = Math.Min(tile.Width - done, ((image + 1) * plan.ImagePixels) - pixel);
            StripFill.Line(strip + ((nint)done * Panels.KBlock), Panels.KBlock, Input, pixel, null, count, channel, channels, image);
            done += count;
        }
    }

    private void Write(in Tile tile, float* sums)
    {
        int first = tile.Panel * plan.Weight.OutputsPerPanel;
        int outputs = Math.Min(tile.Panels * plan.Weight.OutputsPerPanel, plan.Weight.Outputs - first);
        if (plan.Quarters > 1)
        {
            WriteQuarter(tile, sums, first, outputs);
            return;
        }

        nint lineFloats = ((tile.Tall * TileSweep.Tall) + (tile.Short * TileSweep.Short)) * Panels.Columns;
        for (int image = tile.Image; image < tile.Image + tile.Images; image++)
        {
            SlotSums.Begin(Output, image, tile.Slot, first, outputs);
            for (int y = tile.Y; y < tile.Y + tile.Height; y++, sums += lineFloats)
            {
                // A flat line runs on over images.
                nint start = ((((nint)image * plan.Output.Height) + y) * plan.Output.Width) + tile.X;
                for (int done = 0; done < tile.Width;)
                {
                    int owner = (int)((start + done) / plan.ImagePixels);
                    int count = (int)Math.Min(tile.Width - done, ((nint)(owner + 1) * plan.ImagePixels) - start - done);
                    EpilogueRows.Write(sums + ((nint)done * Panels.Columns), (nint)plan.PanelFloats, Output, start + done, count, owner, first, outputs);
                    SlotSums.Add(Output, start + done, count, image, tile.Slot, first, outputs);
                    done += count;
                }
            }
        }
    }

    /// <summary>Every other pixel of every other line.</summary>
    private void WriteQuarter(in Tile tile, float* sums, int first, int outputs)
    {
        OutputPlaces line = Output;
        (line.Stride, line.ResidualStride) = (2 * Output.Stride, 2 * Output.ResidualStride);
        nint lineFloats = ((tile.Tall * TileSweep.Tall) + (tile.Short * TileSweep.Short)) * Panels.Columns;
        for (int image = tile.Image; image < tile.Image + tile.Images; image++)
        {
            SlotSums.Begin(line, image, tile.Slot, first, outputs);
            for (int y = tile.Y; y < tile.Y + tile.Height; y++, sums += lineFloats)
            {
                nint start = ((((((nint)image * plan.Output.Height) + y) * 2) + tile.Lower) * plan.Output.Width * 2) + tile.Right;
                line.Y = Output.Y + (start * Output.Stride);
                line.Residual = Output.Residual == null ? null : Output.Residual + (start * Output.ResidualStride);
                EpilogueRows.Write(sums, (nint)plan.PanelFloats, line, tile.X, tile.Width, image, first, outputs);
                SlotSums.Add(line, tile.X, tile.Width, image, tile.Slot, first, outputs);
            }
        }
    }

    /// <summary>The source's row or column under a resized one, or −1 outside.</summary>
    internal static int SourceIndex(int index, int resized, int source) =>
        (uint)index >= (uint)resized ? -1 : (int)((long)index * source / resized);

    private readonly record struct Tile(int Slot, int Quarter, int Image, int Images, int Y, int Height, int X, int Width, int Panel, int Panels, int Tall, int Short)
    {
        /// <summary>1 for the quarters of odd lines.</summary>
        public int Lower => Quarter >> 1;

        /// <summary>1 for the quarters of odd columns.</summary>
        public int Right => Quarter & 1;
    }
}
