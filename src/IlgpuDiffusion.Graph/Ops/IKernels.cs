namespace IlgpuDiffusion.Graphs.Ops;

/// <summary>
/// A device's kernels: one member an op, declared beside the op's record, so that a device that lacks one does not compile. Who wants a kernel asks
/// <see cref="Device.Prepare"/>, which a device that computes answers by <see cref="Op.Prepare"/> with kernels of its own.
/// </summary>
internal partial interface IKernels;
