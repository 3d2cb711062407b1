using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>
/// Attention in two phases: keys and values of segments without bounds are packed once for each image and head; then every task takes some
/// queries of one image and head through all keys. Scores exist for 14 queries and 128 keys at a time.
/// </summary>
internal sealed unsafe class AttentionLaunch(WorkerPool pool, string path, Place[] places, AttentionPlan plan)
    : ParallelLaunch(pool, path, places, 0)
{
    /// <summary>Per tile the number of tasks of the tiles before it.</summary>
    private readonly int[] _firstTask = new int[Math.Max(1, plan.Tiles) + 1];
    private bool _packing;

    private int Heads => plan.Op.Heads;

    private int HeadGroups => Heads / plan.HeadsPerTask;

    private int TasksPerHead => _firstTask[^1];

    /// <inheritdoc/>
    protected override void Start(CancellationToken cancellation)
    {
        CountTasks();
        int blocks = 0;
        foreach (SegmentPlan segment in plan.Segments)
        {
            blocks += PackTasks(segment);
        }

        if (blocks > 0)
        {
            _packing = true;
            RunTasks(blocks, cancellation);
        }

        _packing = false;
        RunTasks(checked(plan.Queries.Batch * HeadGroups * TasksPerHead), cancellation);
    }

    /// <inheritdoc/>
    protected override void Execute(int task, byte* scratch)
    {
        if (_packing)
        {
            PackBlock(task);
            return;
        }

        (int group, int part) = Math.DivRem(task, TasksPerHead);
        (int image, group) = Math.DivRem(group, HeadGroups);
        int tile = 0;
        while (part >= _firstTask[tile + 1])
        {
            tile++;
        }

        for (int head = group * plan.HeadsPerTask; head < (group + 1) * plan.HeadsPerTask; head++)
        {
            new AttentionTask(this, plan, image, head, tile, part - _firstTask[tile], scratch).Run();
        }
    }

    /// <summary>The query tile, or the whole grid.</summary>
    internal Rectangle QueryTile(int tile) => plan.Tiles == 0
        ? new Rectangle(0, plan.Queries.Height, 0, plan.Queries.Width)
        : Rectangle.Read((int*)Bytes(1), Stride(1), tile);

    /// <summary>The keys that a query tile sees of a segment.</summary>
    internal KeyRange Keys(SegmentPlan segment, int tile) => segment.Gathered
        ? new KeyRange(segment.Grid, Rectangle.Read((int*)Bytes(segment.Operands.Bounds), Stride(segment.Operands.Bounds), tile), segment.Form.ExcludeOwnTile)
        : new KeyRange(segment.Grid, new Rectangle(0, segment.Keys.Height, 0, segment.Keys.Width), false);

    /// <summary>The first key's channels of a head.</summary>
    internal float* HeadOf(int operand, Shape shape, int image, int head) =>
        Floats(operand) + ((nint)(image / (plan.Queries.Batch / shape.Batch)) * shape.Tokens * Stride(operand)) + ((nint)head * plan.Width);

    internal float* Address(int operand) => Floats(operand);

    internal nint RowStride(int operand) => Stride(operand);

    /// <summary>A packed block of a segment without bounds.</summary>
    internal float* Packed(SegmentPlan segment, int row, int head, int block) =>
        (float*)(Bytes(plan.Output + 1) + segment.PackedOffset + ((((long)row * Heads) + head) * segment.Blocks * plan.BlockBytes) + (block * plan.BlockBytes));

    private int PackTasks(SegmentPlan segment) => segment.Gathered ? 0 : checked(segment.Keys.Batch * Heads * segment.Blocks);

    private void PackBlock(int task)
    {
        int s = 0;
        while (task >= PackTasks(plan.Segments[s]))
        {
            task -= PackTasks(plan.Segments[s++]);
        }

        SegmentPlan segment = plan.Segments[s];
        (int head, int block) = Math.DivRem(task, segment.Blocks);
        (int row, head) = Math.DivRem(head, Heads);
        nint keyStride = Stride(segment.Operands.Keys), valueStride = Stride(segment.Operands.Values);
        float* keys = Floats(segment.Operands.Keys) + ((nint)row * segment.Keys.Tokens * keyStride) + ((nint)head * plan.Width);
        float* values = Floats(segment.Operands.Values) + ((nint)row * segment.Keys.Tokens * valueStride) + ((nint)head * plan.Width);
        int start = block * KeyBlock.Keys;
        KeyBlock.Pack(Packed(segment, row, head, block), keys, keyStride, values, valueStride, null, start, Math.Min(KeyBlock.Keys, segment.Keys.Tokens - start), plan.Width);
    }

    private void CountTasks()
    {
        Grid grid = new(plan.Queries.Height, plan.Queries.Width);
        int queries = 0;
        for (int tile = 0; tile < Math.Max(1, plan.Tiles); tile++)
        {
            Rectangle rectangle = QueryTile(tile);
            Require(rectangle.IsWithin(grid), tile, rectangle, grid);
            foreach (SegmentPlan segment in plan.Segments)
            {
                KeyRange keys = Keys(segment, tile);
                Require(keys.Rectangle.IsWithin(keys.Grid), tile, keys.Rectangle, keys.Grid);
            }

            queries += rectangle.Area;
            _firstTask[tile + 1] = _firstTask[tile] + ((rectangle.Area + plan.RowsPerTask - 1) / plan.RowsPerTask);
        }

        if (queries != plan.Queries.Tokens)
        {
            throw new InvalidDataException($"At '{Path}': the query tiles hold {queries} grid points and do not partition the grid of {grid.Height}×{grid.Width}.");
        }
    }

    private void Require(bool condition, int tile, Rectangle rectangle, Grid grid)
    {
        if (!condition)
        {
            throw new InvalidDataException($"At '{Path}': tile {tile} (y {rectangle.Y0}..{rectangle.Y1}, x {rectangle.X0}..{rectangle.X1}) is not within the grid of {grid.Height}×{grid.Width}.");
        }
    }
}
