using System.Runtime.CompilerServices;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>Some queries of one image, head and tile; its memory is the executing thread's.</summary>
internal readonly unsafe ref struct AttentionTask
{
    private const double Log2E = 1.4426950408889634;

    private readonly AttentionLaunch _launch;
    private readonly AttentionPlan _plan;
    private readonly int _image;
    private readonly int _head;
    private readonly int _tile;
    private readonly int _first;
    private readonly int _queries;
    private readonly int* _queryTokens;
    private readonly int* _keyTokens;
    private readonly float* _tiles;
    private readonly float* _scratch;
    private readonly float* _gathered;

    public AttentionTask(AttentionLaunch launch, AttentionPlan plan, int image, int head, int tile, int part, byte* scratch)
    {
        (_launch, _plan, _image, _head, _tile) = (launch, plan, image, head, tile);
        Rectangle rectangle = launch.QueryTile(tile);
        _first = part * plan.RowsPerTask;
        _queries = Math.Min(plan.RowsPerTask, rectangle.Area - _first);
        _tiles = (float*)scratch;
        _scratch = _tiles + ((long)plan.TilesPerTask * TileFloats);
        _gathered = _scratch + AttentionStep.ScratchFloats;
        _keyTokens = (int*)(_gathered + KeyBlock.Floats(plan.Width));
        _queryTokens = _keyTokens + KeyBlock.Keys;
        new KeyRange(new(plan.Queries.Height, plan.Queries.Width), rectangle, false).Fill(_first, _queries, _queryTokens);
    }

    private int TileFloats => _plan.TileQueryFloats + _plan.TileSumFloats + AttentionPlan.TileStateFloats;

    [SkipLocalsInit]
    public void Run()
    {
        (int tall, int few) = TileSweep.Cover(_queries);
        QueryTile* tiles = stackalloc QueryTile[tall + few];
        for (int i = 0, row = 0; i < tall + few; i++)
        {
            int rows = i < tall ? TileSweep.Tall : TileSweep.Short;
            tiles[i] = Begin(_tiles + (_plan.FewKeys ? 0 : (nint)i * TileFloats), rows, row, Math.Min(rows, _queries - row));
            row += rows;
            if (_plan.FewKeys)
            {
                // The memory of the next queries and of these results is asked for while these queries are worked on.
                Prefetch(0, row, TileSweep.Tall);
                Prefetch(_plan.Output, tiles[i].First, tiles[i].Queries);
                Meet(tiles + i, 1);
            }
        }

        if (!_plan.FewKeys)
        {
            Meet(tiles, tall + few);
        }
    }

    /// <summary>Takes tiles through all keys and writes their results.</summary>
    private void Meet(QueryTile* tiles, int count)
    {
        foreach (SegmentPlan segment in _plan.Segments)
        {
            Segment(segment, tiles, count);
        }

        for (int i = 0; i < count; i++)
        {
            AttentionRows.Give(tiles[i], _launch.HeadOf(_plan.Output, _plan.Queries, _image, _head), _launch.RowStride(_plan.Output), _queryTokens + tiles[i].First, _plan.Width);
        }
    }

    private void Prefetch(int operand, int row, int count)
    {
        float* first = _launch.HeadOf(operand, _plan.Queries, _image, _head);
        for (int end = Math.Min(row + count, _queries); row < end; row++)
        {
            KeyBlock.Prefetch(first + (_queryTokens[row] * _launch.RowStride(operand)), _plan.Width);
        }
    }

    private QueryTile Begin(float* memory, int rows, int row, int queries)
    {
        QueryTile tile = new()
        {
            Rows = rows,
            Queries = queries,
            First = row,
            Q = memory,
            Sums = memory + _plan.TileQueryFloats,
            Max = memory + _plan.TileQueryFloats + _plan.TileSumFloats,
            Lanes = memory + _plan.TileQueryFloats + _plan.TileSumFloats + AttentionStep.Lanes,
        };
        AttentionRows.Take(tile, _launch.HeadOf(0, _plan.Queries, _image, _head), _launch.RowStride(0), _queryTokens + row, _plan.Width, (float)(_plan.Op.Scale * Log2E));
        return tile;
    }

    private void Segment(SegmentPlan segment, QueryTile* tiles, int count)
    {
        KeyRange range = _launch.Keys(segment, _tile);
        int keys = range.Count, row = _image / (_plan.Queries.Batch / segment.Keys.Batch);
        KeyStep step = new() { Width = _plan.Width, Causal = _plan.Op.Causal, KeyTokens = segment.Gathered ? _keyTokens : null, QueryTokens = _queryTokens };
        float* bias = null;
        if (segment.Form.Bias)
        {
            Shape shape = segment.Bias;
            nint stride = _launch.RowStride(segment.Operands.Bias);
            nint biasRow = _image / (_plan.Queries.Batch / shape.Batch);
            bias = _launch.Address(segment.Operands.Bias) + (((biasRow * shape.Height) + (shape.Height == 1 ? 0 : _head)) * shape.Width * stride);
            (step.BiasStride, step.BiasPerKey) = (shape.Width == 1 ? 0 : stride, shape.Channels != 1);
        }

        step.Bias = bias;
        int end = step.Causal ? Math.Min(keys, _first + _queries) : keys;
        for (int start = 0, block = 0; start < end; start += KeyBlock.Keys, block++)
        {
            (step.Count, step.FirstKey) = (Math.Min(KeyBlock.Keys, keys - start), start);
            step.Packed = segment.Gathered ? Gather(segment, range, start, step.Count) : _launch.Packed(segment, row, _head, block);
            step.Diagonal = _first - start;
            AttentionStep.Run(tiles, count, &step, _scratch);
        }
    }

    private float* Gather(SegmentPlan segment, KeyRange range, int start, int count)
    {
        range.Fill(start, count, _keyTokens);
        (int keys, int values) = (segment.Operands.Keys, segment.Operands.Values);
        KeyBlock.Pack(
            _gathered,
            _launch.HeadOf(keys, segment.Keys, _image, _head),
            _launch.RowStride(keys),
            _launch.HeadOf(values, segment.Keys, _image, _head),
            _launch.RowStride(values),
            _keyTokens,
            start,
            count,
            _plan.Width);
        return _gathered;
    }
}
