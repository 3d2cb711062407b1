namespace ILGPU.Runtime;

/// <summary>What a kernel is promised: no more items in a group than this, and at least so many groups on a multiprocessor.</summary>
public readonly struct KernelSpecialization(int? maxNumThreadsPerGroup, int? minNumGroupsPerMultiprocessor)
{
    public static readonly KernelSpecialization Empty;

    public int? MaxNumThreadsPerGroup { get; } = maxNumThreadsPerGroup;

    public int? MinNumGroupsPerMultiprocessor { get; } = minNumGroupsPerMultiprocessor;
}
