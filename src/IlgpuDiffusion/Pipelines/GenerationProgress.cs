namespace IlgpuDiffusion;

/// <summary>A step that has been done.</summary>
/// <param name="Step">Steps done so far, from 1.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="StepTime">How long this step took.</param>
public readonly record struct GenerationProgress(int Step, int Steps, TimeSpan StepTime);
