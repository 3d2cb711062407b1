namespace IlgpuDiffusion.Cpu;

/// <summary>Work in numbered tasks that any thread may take in any order; a launch makes one and runs it many times.</summary>
internal abstract unsafe class ParallelJob
{
    /// <summary>Does one task.</summary>
    /// <param name="task">Its number, from 0.</param>
    /// <param name="scratch">The executing thread's memory, as large as was reserved, 64-byte aligned or better; its content is undefined.</param>
    public abstract void Execute(int task, byte* scratch);
}
