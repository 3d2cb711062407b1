namespace IlgpuDiffusion.Cpu;

// How the pixels that a tile needs come into its strip.
internal sealed unsafe partial class ProductJob
{
    private void Fill(in Tile tile, float* strip, int* columns, int block, int end)
    {
        for (; block < end; block++, strip += plan.BlockStripFloats)
        {
            int channel = block * Panels.KBlock, channels = Math.Min(plan.Inputs - channel, Panels.KBlock);
            if (plan.Flat)
            {
                FillFlat(tile, strip, channel, channels);
            }
            else
            {
                FillStrip(tile, strip, columns, channel, channels);
            }
        }
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

    /// <summary>The source's row or column under a resized one, or −1 outside.</summary>
    internal static int SourceIndex(int index, int resized, int source) =>
        (uint)index >= (uint)resized ? -1 : (int)((long)index * source / resized);
}
