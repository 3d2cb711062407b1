using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>Widens a part of a packed weight once for all tasks that read it.</summary>
/// <param name="type">The weight's.</param>
internal sealed unsafe class WidenJob(ElementType type) : ParallelJob
{
    private const int TaskElements = 1 << 15;

    /// <summary>The part; set before each run.</summary>
    public byte* Source;

    /// <summary>Where it goes; set before each run.</summary>
    public float* Target;

    /// <summary>Its elements; set before each run.</summary>
    public nint Elements;

    public int Tasks => (int)((Elements + TaskElements - 1) / TaskElements);

    public override void Execute(int task, byte* scratch)
    {
        nint first = (nint)task * TaskElements;
        Widening.ToSingle(Target + first, Source + (first * type.Size()), (int)Math.Min(TaskElements, Elements - first), type);
    }
}
