namespace IlgpuDiffusion.Sampling;

/// <summary>What a sampler's name means.</summary>
/// <param name="Entry">The sampler.</param>
/// <param name="Schedule">The schedule named with it ("DPM++ 2M Karras"); null where the model decides.</param>
internal readonly record struct SamplerChoice(SamplerEntry Entry, SigmaSchedule? Schedule);
