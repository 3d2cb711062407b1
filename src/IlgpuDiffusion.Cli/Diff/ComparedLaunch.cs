using IlgpuDiffusion.Graphs.Devices;

namespace IlgpuDiffusion.Cli;

/// <summary>A compared result and the program that it belongs to: a component's and a stage's, or "load" for weights prepared, "sampler" for moves.</summary>
internal sealed record ComparedLaunch(LaunchComparison Values, string Program);
