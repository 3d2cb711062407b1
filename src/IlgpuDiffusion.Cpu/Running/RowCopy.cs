using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>Rows of bytes copied from one operand into a part of the last.</summary>
/// <param name="Place">The operand.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Bytes">Bytes of a row.</param>
/// <param name="From">Bytes from one row to the next in the source.</param>
/// <param name="To">Bytes from one row to the next in the result.</param>
/// <param name="Start">Bytes in front of the part.</param>
internal readonly record struct RowPart(int Place, int Rows, long Bytes, long From, long To, long Start)
{
    /// <summary>Bytes of the source in front of the first row.</summary>
    public long Skipped { get; init; }
}

/// <summary>Copies rows of any element type: what lays tensors end to end.</summary>
internal sealed unsafe class RowCopy : ParallelLaunch
{
    private const long TaskBytes = 256 * 1024;

    private readonly RowPart[] _parts;
    private readonly int[] _firstTask;
    private readonly int _output;

    /// <summary>For the parts of the last place.</summary>
    public RowCopy(WorkerPool pool, string path, Place[] places, RowPart[] parts)
        : this(pool, path, places, Array.ConvertAll(parts, Join), FirstTasks(Array.ConvertAll(parts, Join)))
    {
    }

    private RowCopy(WorkerPool pool, string path, Place[] places, RowPart[] parts, int[] firstTask)
        : base(pool, path, places, firstTask[^1]) =>
        (_parts, _firstTask, _output) = (parts, firstTask, places.Length - 1);

    /// <inheritdoc/>
    protected override void Execute(int task, byte* scratch)
    {
        int i = 0;
        while (task >= _firstTask[i + 1])
        {
            i++;
        }

        task -= _firstTask[i];
        RowPart part = _parts[i];
        byte* from = Bytes(part.Place) + part.Skipped, to = Bytes(_output) + part.Start;
        if (part.Rows == 1)
        {
            long start = task * TaskBytes, count = Math.Min(TaskBytes, part.Bytes - start);
            Buffer.MemoryCopy(from + start, to + start, count, count);
            return;
        }

        int perTask = RowsPerTask(part), end = Math.Min(part.Rows, (task + 1) * perTask);
        for (int row = task * perTask; row < end; row++)
        {
            Buffer.MemoryCopy(from + (row * part.From), to + (row * part.To), part.Bytes, part.Bytes);
        }
    }

    private static RowPart Join(RowPart part) =>
        part.From == part.Bytes && part.To == part.Bytes ? part with { Rows = 1, Bytes = part.Bytes * part.Rows } : part;

    private static int RowsPerTask(RowPart part) => (int)Math.Max(1, TaskBytes / part.Bytes);

    private static int[] FirstTasks(RowPart[] parts)
    {
        int[] first = new int[parts.Length + 1];
        for (int i = 0; i < parts.Length; i++)
        {
            long tasks = parts[i].Rows == 1
                ? (parts[i].Bytes + TaskBytes - 1) / TaskBytes
                : (parts[i].Rows + RowsPerTask(parts[i]) - 1) / RowsPerTask(parts[i]);
            first[i + 1] = checked(first[i] + (int)tasks);
        }

        return first;
    }
}
