using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Gpu;

/// <summary>The kernels of a device that ILGPU drives; the file of each op adds its member.</summary>
internal sealed partial class GpuKernels(GpuHost host) : IKernels;
