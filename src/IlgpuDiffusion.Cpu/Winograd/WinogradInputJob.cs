namespace IlgpuDiffusion.Cpu;

/// <summary>Transforms a chunk's inputs: per task, a block of channels of some lines of tiles is gathered through the prologue, then transformed.</summary>
internal sealed unsafe class WinogradInputJob<TFilter>(WinogradPlan plan) : ParallelJob
    where TFilter : struct, IFilter
{
    /// <summary>Set before each run.</summary>
    public InputPlaces Input;

    /// <summary>The chunk's transformed inputs; set before each run.</summary>
    public float* Target;

    /// <summary>2p + q for the pixels (2i + p, 2j + q) of a doubled picture, else 0; set before each run.</summary>
    public int Quarter;

    /// <summary>The chunk; set before each run.</summary>
    public int FirstLine;
    public int Lines;

    public override void Execute(int task, byte* scratch)
    {
        (int group, int rest) = Math.DivRem(task, plan.Segments * plan.Blocks);
        (int segment, int block) = Math.DivRem(rest, plan.Blocks);
        int firstTile = segment * plan.StripTiles, tiles = Math.Min(plan.StripTiles, plan.LineTiles - firstTile);
        int channel = block * Panels.KBlock, channels = Math.Min(plan.Inputs - channel, Panels.KBlock);
        int width = (tiles * TFilter.Outputs) + TFilter.Taps - 1;
        float* middle = (float*)scratch, strip = middle + plan.MiddleFloats;
        int* columns = (int*)(strip + plan.StripFloats);
        for (int i = 0; i < width; i++)
        {
            columns[i] = ProductJob.SourceIndex((firstTile * TFilter.Outputs) + i + (Quarter & 1) - plan.Padding.Left, plan.Resized.Width, plan.Source.Width);
        }

        int end = Math.Min(FirstLine + Lines, FirstLine + ((group + 1) * plan.StripLines));
        for (int line = FirstLine + (group * plan.StripLines); line < end;)
        {
            // Lines of one image share pixels.
            (int image, int imageLine) = Math.DivRem(line, plan.ImageLines);
            int count = Math.Min(end - line, plan.ImageLines - imageLine);
            Fill(strip, columns, width, image, imageLine * TFilter.Outputs, (count * TFilter.Outputs) + TFilter.Taps - 1, channel, channels);
            float* to = Target + (block * plan.BlockFloats) + (((((nint)line - FirstLine) * plan.LineTiles) + firstTile) * Panels.KBlock);
            nint stripLine = (nint)width * Panels.KBlock;
            for (int i = 0; i < count; i++)
            {
                InputTiles.Transform<TFilter>(strip + (i * TFilter.Outputs * stripLine), stripLine, to + ((nint)i * plan.LineTiles * Panels.KBlock), plan.PositionFloats, tiles, channels, middle);
            }

            line += count;
        }
    }

    private void Fill(float* strip, int* columns, int width, int image, int top, int height, int channel, int channels)
    {
        for (int i = 0; i < height; i++, strip += (nint)width * Panels.KBlock)
        {
            int y = ProductJob.SourceIndex(top + i + (Quarter >> 1) - plan.Padding.Top, plan.Resized.Height, plan.Source.Height);
            if (y < 0)
            {
                new Span<float>(strip, width * Panels.KBlock).Clear();
                continue;
            }

            nint first = (((nint)image * plan.Source.Height) + y) * plan.Source.Width;
            StripFill.Line(strip, Panels.KBlock, Input, first, columns, width, channel, channels, image);
        }
    }
}
