namespace IlgpuDiffusion.Perf;

/// <summary>A network at a picture size: median seconds, FLOPs, bytes that its plan names, bytes that its process held at most.</summary>
internal sealed record GrowthResult(string Network, int Size, double Seconds, double Flops, long Planned, long Peak);
