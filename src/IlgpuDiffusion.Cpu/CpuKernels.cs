using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Cpu;

/// <summary>The kernels of the CPU device; the file of each op adds its member.</summary>
internal sealed partial class CpuKernels(WorkerPool pool, ConvolutionMethod? convolutions) : IKernels;
