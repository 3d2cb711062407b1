using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>Multiplies a chunk's transformed inputs: per task, one panel of the weight and a range of tiles.</summary>
internal sealed unsafe class WinogradProductJob<TFilter>(WinogradPlan plan, ElementType type) : ParallelJob
    where TFilter : struct, IFilter
{
    /// <summary>The result, or every other column of it; set before each run.</summary>
    public OutputPlaces Output;

    /// <summary>2p + q for the pixels (2i + p, 2j + q) of a doubled picture, else 0; set before each run.</summary>
    public int Quarter;

    /// <summary>The packed weight; set before each run.</summary>
    public byte* Weight;

    /// <summary>The chunk's transformed inputs; set before each run.</summary>
    public float* Source;

    /// <summary>The chunk; set before each run.</summary>
    public int FirstLine;
    public int Lines;

    public override void Execute(int task, byte* scratch)
    {
        int chunkTiles = Lines * plan.LineTiles;
        (int panel, int range) = Math.DivRem(task, (chunkTiles + plan.RangeTiles - 1) / plan.RangeTiles);
        int first = range * plan.RangeTiles, tiles = Math.Min(plan.RangeTiles, chunkTiles - first);
        float* middle = (float*)scratch, slabs = middle + plan.MiddleFloats, sums = slabs + (plan.Positions * WinogradPlan.SlabFloats);
        float* widened = sums + (plan.Positions * plan.SumFloats), pixels = widened + WeightTiles.WidenedFloats(plan.Weight.Taps);
        (int tall, int few) = TileSweep.Cover(tiles);
        for (int block = 0; block < plan.Blocks; block++)
        {
            int channel = block * Panels.KBlock, channels = Math.Min(plan.Inputs - channel, Panels.KBlock);
            nint offset = ((nint)panel * plan.Weight.PanelElements) + ((nint)channel * plan.Weight.Taps * Panels.Columns);
            WeightTiles.Transform<TFilter>(Weight + (offset * type.Size()), type, channels, slabs, WinogradPlan.SlabFloats, widened, middle, Quarter);
            float* a = Source + (block * plan.BlockFloats) + ((nint)first * Panels.KBlock);
            for (int position = 0; position < plan.Positions; position++)
            {
                Multiply(a + (position * plan.PositionFloats), slabs + (position * WinogradPlan.SlabFloats), channels, sums + (position * plan.SumFloats), tall, few, block == 0);
            }
        }

        Write(sums, pixels, middle, panel, first, tiles);
    }

    private static void Multiply(float* a, float* b, int channels, float* c, int tall, int few, bool first)
    {
        for (int i = 0; i < tall + few; i++)
        {
            // The next inputs and these sums may have left the second-level cache.
            int rows = i < tall ? TileSweep.Tall : TileSweep.Short;
            float* next = a + (rows * Panels.KBlock);
            if (i + 1 < tall + few)
            {
                FetchAhead.Lines((byte*)next, rows * Panels.KBlock / 16);
            }

            if (!first)
            {
                FetchAhead.Lines((byte*)c, rows * Panels.Columns / 16);
            }

            TileSweep.Multiply(rows, a, b, channels, c, first);
            a = next;
            c += rows * Panels.Columns;
        }
    }

    private void Write(float* sums, float* pixels, float* middle, int panel, int first, int tiles)
    {
        int output = panel * Panels.Columns, outputs = Math.Min(Panels.Columns, plan.Weight.Outputs - output);
        for (int done = 0; done < tiles;)
        {
            (int chunkLine, int x) = Math.DivRem(first + done, plan.LineTiles);
            (int image, int line) = Math.DivRem(FirstLine + chunkLine, plan.ImageLines);
            int count = Math.Min(Math.Min(tiles - done, plan.LineTiles - x), plan.StripTiles);
            nint pixelLine = (nint)count * TFilter.Outputs * Panels.Columns;
            OutputTiles.Transform<TFilter>(sums + ((nint)done * Panels.Columns), plan.SumFloats, pixels, pixelLine, count, middle);

            // The last tiles reach over the edges.
            int left = x * TFilter.Outputs, width = Math.Min(count * TFilter.Outputs, plan.Output.Width - left);
            int top = line * TFilter.Outputs, height = Math.Min(TFilter.Outputs, plan.Output.Height - top);
            int slot = (((line * plan.Segments) + (x / plan.StripTiles)) * plan.Quarters) + Quarter, step = plan.Quarters > 1 ? 2 : 1;
            SlotSums.Begin(Output, image, slot, output, outputs);
            for (int y = 0; y < height; y++)
            {
                nint pixel = ((((((nint)image * plan.Output.Height) + top + y) * step) + (Quarter >> 1)) * plan.Output.Width) + left;
                EpilogueRows.Write(pixels + (y * pixelLine), Output, pixel, width, image, output, outputs);
                SlotSums.Add(Output, pixel, width, image, slot, output, outputs);
            }

            done += count;
        }
    }
}
