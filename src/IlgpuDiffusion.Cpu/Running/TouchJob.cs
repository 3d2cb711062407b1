namespace IlgpuDiffusion.Cpu;

/// <summary>
/// Touches memory that is about to be overwritten, a huge page a task. The system clears a page at its first use; threads that come to the same new page at one time each clear one, and all but one in vain.
/// </summary>
internal sealed unsafe class TouchJob(long bytes) : ParallelJob
{
    private const int SmallPage = 4096;

    /// <summary>The memory, on a huge page's boundary where it is large; set before each run.</summary>
    public byte* Target;

    public int Tasks => (int)((bytes + HugePages.Size - 1) / HugePages.Size);

    public override void Execute(int task, byte* scratch)
    {
        long end = Math.Min(bytes, (task + 1L) * HugePages.Size);
        for (long at = (long)task * HugePages.Size; at < end; at += SmallPage)
        {
            Target[at] = 0;
        }
    }
}
