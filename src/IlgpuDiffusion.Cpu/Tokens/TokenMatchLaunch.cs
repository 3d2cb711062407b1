using IlgpuDiffusion.Graphs;
using Columns = IlgpuDiffusion.Graphs.Ops.MatchTokens;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// A matching in three phases: unit vectors of the destinations in panels; each source's most similar destination, a tile of similarities at a
/// time; then, of each image, the sources in the order of their similarity, and the groups.
/// </summary>
internal sealed unsafe class TokenMatchLaunch(WorkerPool pool, string path, Place[] places, TokenMatchPlan plan)
    : ParallelLaunch(pool, path, places, 0)
{
    private const int Output = 2, Scratch = 3;

    private readonly int[] _sources = new int[plan.Sources];
    private Phase _phase;

    private enum Phase
    {
        Pack,
        Match,
        Group,
    }

    private int Channels => plan.Metric.Channels;

    private int Tokens => plan.Metric.Tokens;

    protected override void Start(CancellationToken cancellation)
    {
        FindSources();
        _phase = Phase.Pack;
        RunTasks(plan.Metric.Batch * plan.DestinationPanels, cancellation);
        _phase = Phase.Match;
        RunTasks(plan.Metric.Batch * plan.Parts, cancellation);
        _phase = Phase.Group;
        RunTasks(plan.Metric.Batch, cancellation);
    }

    protected override void Execute(int task, byte* scratch)
    {
        switch (_phase)
        {
            case Phase.Pack:
                Pack(task / plan.DestinationPanels, task % plan.DestinationPanels);
                break;
            case Phase.Match:
                Match(task / plan.Parts, task % plan.Parts, (float*)scratch);
                break;
            default:
                Group(task);
                break;
        }
    }

    private float* Token(int image, int token) => Floats(0) + ((((nint)image * Tokens) + token) * Stride(0));

    private int Destination(int index) => ((int*)Bytes(1))[index * Stride(1)];

    private float* PanelOf(int image, int panel) => (float*)Bytes(Scratch) + (image * plan.PanelFloats) + ((long)panel * Channels * Panels.Columns);

    private Span<ulong> Keys(int image) => new(Bytes(Scratch) + plan.KeyOffset + ((long)image * plan.Sources * sizeof(ulong)), plan.Sources);

    private int* Targets(int image) => (int*)(Bytes(Scratch) + plan.TargetOffset) + ((long)image * Tokens);

    private void FindSources()
    {
        int next = 0, found = 0;
        for (int i = 0; i <= plan.Destinations; i++)
        {
            int end = i == plan.Destinations ? Tokens : Destination(i);
            if (end < next || (i < plan.Destinations && end >= Tokens))
            {
                throw new InvalidDataException($"At '{Path}': destination {i} is {end}; destinations must be ascending token numbers below {Tokens}.");
            }

            while (next < end)
            {
                _sources[found++] = next++;
            }

            next++;
        }
    }

    private void Pack(int image, int panel)
    {
        float* to = PanelOf(image, panel);
        for (int column = 0; column < Panels.Columns; column++)
        {
            int index = (panel * Panels.Columns) + column;
            float* from = Token(image, Destination(Math.Min(index, plan.Destinations - 1)));
            float factor = index < plan.Destinations ? Inverse(from) : 0;
            for (nint c = 0; c < Channels; c++)
            {
                to[(c * Panels.Columns) + column] = from[c] * factor;
            }
        }
    }

    private void Match(int image, int part, float* scratch)
    {
        int tall = TileSweep.Tall, first = part * tall, rows = Math.Min(tall, plan.Sources - first), blocks = TokenMatchPlan.Blocks(plan.Metric);
        float* tile = scratch + ((long)tall * blocks * Panels.KBlock);
        for (int row = 0; row < tall; row++)
        {
            // Rows behind the last repeat it.
            float* from = Token(image, _sources[first + Math.Min(row, rows - 1)]);
            float factor = Inverse(from);
            for (int block = 0, c = 0; block < blocks; block++, c += Panels.KBlock)
            {
                AttentionRows.Scale(scratch + (((block * tall) + row) * Panels.KBlock), from + c, Math.Min(Panels.KBlock, Channels - c), factor);
            }
        }

        float* best = stackalloc float[tall];
        int* where = stackalloc int[tall];
        new Span<float>(best, tall).Fill(float.NegativeInfinity);
        new Span<int>(where, tall).Clear();
        for (int panel = 0; panel < plan.DestinationPanels; panel++)
        {
            float* destinations = PanelOf(image, panel);
            for (int block = 0, c = 0; block < blocks; block++, c += Panels.KBlock)
            {
                TileSweep.Multiply(tall, scratch + (block * tall * Panels.KBlock), destinations + (c * Panels.Columns), Math.Min(Panels.KBlock, Channels - c), tile, block == 0);
            }

            int columns = Math.Min(Panels.Columns, plan.Destinations - (panel * Panels.Columns));
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    // Of equal ones the first stays, and what is no number is larger than none.
                    float similarity = tile[(row * Panels.Columns) + column];
                    if (similarity > best[row])
                    {
                        (best[row], where[row]) = (similarity, (panel * Panels.Columns) + column);
                    }
                }
            }
        }

        int* targets = Targets(image);
        for (int row = 0; row < rows; row++)
        {
            int token = _sources[first + row];
            targets[token] = Destination(where[row]);
            Keys(image)[first + row] = ((ulong)Descending(best[row]) << 32) | (uint)token;
        }
    }

    private void Group(int image)
    {
        Span<ulong> keys = Keys(image);
        keys.Sort();
        int* targets = Targets(image), y = (int*)Bytes(Output) + ((nint)image * Tokens * Stride(Output));
        foreach (ulong key in keys[plan.Merged..])
        {
            targets[(uint)key] = (int)(uint)key;
        }

        for (int i = 0; i < plan.Destinations; i++)
        {
            targets[Destination(i)] = Destination(i);
        }

        // Groups by their own token; then how many each has, where it begins, and its members in their order.
        int groups = 0;
        for (nint n = 0; n < Tokens; n++)
        {
            y[(n * Stride(Output)) + Columns.Starts] = 0;
            if (targets[n] == n)
            {
                y[(n * Stride(Output)) + Columns.Groups] = groups++;
            }
        }

        for (nint n = 0; n < Tokens; n++)
        {
            int group = y[(targets[n] * Stride(Output)) + Columns.Groups];
            y[(n * Stride(Output)) + Columns.Groups] = group;
            y[((group + 1) * Stride(Output)) + Columns.Starts]++;
        }

        // A group's members move its beginning to its end, which is the next one's beginning.
        for (nint g = 1; g < Tokens; g++)
        {
            y[(g * Stride(Output)) + Columns.Starts] = g < groups ? y[(g * Stride(Output)) + Columns.Starts] + y[((g - 1) * Stride(Output)) + Columns.Starts] : Tokens;
        }

        for (int n = 0; n < Tokens; n++)
        {
            nint group = y[(n * Stride(Output)) + Columns.Groups];
            y[(y[(group * Stride(Output)) + Columns.Starts]++ * Stride(Output)) + Columns.Members] = n;
        }

        for (nint g = groups - 1; g > 0; g--)
        {
            y[(g * Stride(Output)) + Columns.Starts] = y[((g - 1) * Stride(Output)) + Columns.Starts];
        }

        y[Columns.Starts] = 0;
    }

    private float Inverse(float* token)
    {
        double squares = LaneSum.Of(token, Channels, 0, squares: true);
        return squares == 0 ? 0 : (float)(1 / Math.Sqrt(squares));
    }

    /// <summary>The bits of a number so that larger numbers come first as integers.</summary>
    private static uint Descending(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value == 0 ? 0 : value);
        return bits >> 31 == 0 ? ~(bits | 0x80000000) : bits;
    }
}
