namespace IlgpuDiffusion.Perf;

/// <summary>A layer's times in seconds, the median ratio of its rounds, and its FLOPs a second as a share of the FMA peak.</summary>
internal sealed record LayerResult(string Model, string Layer, double Ours, double Torch, double Faster, double Share);
