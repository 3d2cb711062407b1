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

    /// <summary>Threads that take tasks in turn, for guessing a thread's next task; set before each run.</summary>
    public int Threads;

    /// <summary>The chunk; set before each run.</summary>
    public int FirstLine;
    public int Lines;

    public override void Execute(int task, byte* scratch)
    {
        int chunkTiles = Lines * plan.LineTiles, ranges = (chunkTiles + plan.RangeTiles - 1) / plan.RangeTiles;
        (int panel, int range) = Math.DivRem(task, ranges);
        int first = range * plan.RangeTiles, tiles = Math.Min(plan.RangeTiles, chunkTiles - first);
        float* middle = (float*)scratch, slabs = middle + plan.MiddleFloats, sums = slabs + (plan.Positions * WinogradPlan.SlabFloats);
        float* widened = sums + (plan.Positions * plan.SumFloats), pixels = widened + WeightTiles.WidenedFloats(plan.Weight.Taps);
        (int tall, int few) = TileSweep.Cover(tiles);
        for (int block = 0; block < plan.Blocks; block++)
        {
            int channel = block * Panels.KBlock, channels = Math.Min(plan.Inputs - channel, Panels.KBlock);
            WeightTiles.Transform<TFilter>(Slabs(panel, block), type, channels, slabs, WinogradPlan.SlabFloats, widened, middle, Quarter);
            bool last = block == plan.Blocks - 1;
            FetchAhead weights = last ? NextWeights((task + Threads) / ranges, 0, tall + few) : NextWeights(panel, block + 1, tall + few);
            float* a = Source + (block * plan.BlockFloats) + ((nint)first * Panels.KBlock);
            for (int position = 0; position < plan.Positions; position++)
            {
                Multiply(a + (position * plan.PositionFloats), slabs + (position * WinogradPlan.SlabFloats), channels, sums + (position * plan.SumFloats), tall, few, block == 0, ref weights);
                for (int tile = last ? position * tiles / plan.Positions : tiles; tile < (position + 1) * tiles / plan.Positions; tile++)
                {
                    FetchResults(panel, first + tile);
                }
            }
        }

        Write(sums, pixels, middle, panel, first, tiles);
    }

    public static void Multiply(float* a, float* b, int channels, float* c, int tall, int few, bool first, ref FetchAhead weights)
    {
        for (int i = 0; i < tall + few; i++)
        {
            // The next inputs and these sums may have left the second-level cache. Tiles of shorter vectors take so long that the processor
            // fetches by itself, and asking for so many lines at once costs them a tenth (the sweep alone on Zen 4: 86 % of the peak in place of 96 %).
            int rows = i < tall ? TileSweep.Tall : TileSweep.Short;
            float* next = a + (rows * Panels.KBlock);
            if (Simd.Level == SimdLevel.Vector512 && i + 1 < tall + few)
            {
                FetchAhead.Lines((byte*)next, rows * Panels.KBlock / 16);
            }

            if (Simd.Level == SimdLevel.Vector512 && !first)
            {
                FetchAhead.Lines((byte*)c, rows * Panels.Columns / 16);
            }

            weights.Step();
            TileSweep.Multiply(rows, a, b, channels, c, first);
            a = next;
            c += rows * Panels.Columns;
        }
    }

    /// <summary>The slabs of one block of a panel.</summary>
    private byte* Slabs(int panel, int block) =>
        Weight + ((((nint)panel * plan.Weight.PanelElements) + ((nint)block * Panels.KBlock * plan.Weight.Taps * Panels.Columns)) * type.Size());

    /// <summary>The weights of the block that is transformed next, which may have to come from memory.</summary>
    private FetchAhead NextWeights(int panel, int block, int tiles)
    {
        int channels = Math.Min(plan.Inputs - (block * Panels.KBlock), Panels.KBlock);
        return panel < plan.Weight.Panels
            ? FetchAhead.Rows(Slabs(panel, block), 0, (nint)channels * plan.Weight.Taps * Panels.Columns * type.Size(), 1, plan.Positions * tiles)
            : default;
    }

    /// <summary>Asks for what a tile's results overwrite, and for what is added to them.</summary>
    private void FetchResults(int panel, int tile)
    {
        (int chunkLine, int x) = Math.DivRem(tile, plan.LineTiles);
        (int image, int line) = Math.DivRem(FirstLine + chunkLine, plan.ImageLines);
        int left = x * TFilter.Outputs, width = Math.Min(TFilter.Outputs, plan.Output.Width - left);
        int top = line * TFilter.Outputs, height = Math.Min(TFilter.Outputs, plan.Output.Height - top);
        for (int y = 0; y < height; y++)
        {
            nint pixel = Pixel(image, top + y) + left;
            for (int i = 0; i < width; i++, pixel++)
            {
                FetchAhead.Lines((byte*)(Output.Y + (pixel * Output.Stride) + (panel * Panels.Columns)), Panels.Columns / 16);
                if (Output.Residual != null)
                {
                    FetchAhead.Lines((byte*)(Output.Residual + (pixel * Output.ResidualStride) + (panel * Panels.Columns)), Panels.Columns / 16);
                }
            }
        }
    }

    /// <summary>The number of the first pixel of a line of the result, or of a quarter of it.</summary>
    private nint Pixel(int image, int y) => (((((nint)image * plan.Output.Height) + y) * (plan.Quarters > 1 ? 2 : 1)) + (Quarter >> 1)) * plan.Output.Width;

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
            int slot = (((line * plan.Segments) + (x / plan.StripTiles)) * plan.Quarters) + Quarter;
            SlotSums.Begin(Output, image, slot, output, outputs);
            for (int y = 0; y < height; y++)
            {
                nint pixel = Pixel(image, top + y) + left;
                EpilogueRows.Write(pixels + (y * pixelLine), Output, pixel, width, image, output, outputs);
                SlotSums.Add(Output, pixel, width, image, slot, output, outputs);
            }

            done += count;
        }
    }
}
