using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>A launch whose work is cut into tasks; running it allocates nothing.</summary>
/// <param name="pool">The threads.</param>
/// <param name="path">The layer.</param>
/// <param name="places">The operands.</param>
/// <param name="tasks">The number of tasks.</param>
internal abstract unsafe class ParallelLaunch(WorkerPool pool, string path, Place[] places, int tasks) : Launch(path)
{
    private readonly nint[] _addresses = new nint[places.Length];
    private Job? _job;

    /// <summary>The work as the pool takes it.</summary>
    private Job Work => _job ??= new Job(this);

    /// <inheritdoc/>
    public sealed override void Run(in Bases bases, CancellationToken cancellation)
    {
        for (int i = 0; i < places.Length; i++)
        {
            _addresses[i] = bases.Address(places[i]);
        }

        Start(cancellation);
    }

    /// <summary>Runs the tasks; a launch of several phases runs them here one after the other.</summary>
    protected virtual void Start(CancellationToken cancellation) => RunTasks(tasks, cancellation);

    /// <summary>Runs one phase.</summary>
    protected void RunTasks(int count, CancellationToken cancellation) => pool.Run(Work, count, cancellation);

    /// <summary>Does one task.</summary>
    protected abstract void Execute(int task, byte* scratch);

    /// <summary>Where an operand lies in this run.</summary>
    protected byte* Bytes(int operand) => (byte*)_addresses[operand];

    /// <summary>Where a single-precision operand lies in this run.</summary>
    protected float* Floats(int operand) => (float*)_addresses[operand];

    /// <summary>Elements from one grid point of an operand to the next.</summary>
    protected nint Stride(int operand) => places[operand].RowStride;

    private sealed class Job(ParallelLaunch launch) : ParallelJob
    {
        public override void Execute(int task, byte* scratch) => launch.Execute(task, scratch);
    }
}
