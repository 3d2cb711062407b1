namespace ILGPU.Running;

/// <summary>A kernel did what a GPU would do silently or not at all. The message names kernel, group and item.</summary>
internal sealed class KernelFaultException(string message, Exception? inner = null) : InvalidOperationException(message, inner);
