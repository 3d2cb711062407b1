using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>Which work item a kernel's code runs as.</summary>
internal static class WorkItem
{
    /// <summary>Its number over the whole grid.</summary>
    public static int Index => (Grid.IdxX * Group.DimX) + Group.IdxX;
}
