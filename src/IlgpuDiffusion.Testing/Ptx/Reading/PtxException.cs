namespace IlgpuDiffusion.Testing.Ptx;

/// <summary>A text that CUDA's assembler would refuse.</summary>
internal sealed class PtxException(int line, string message) : Exception($"PTX, line {line}: {message}.");
