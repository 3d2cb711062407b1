using IlgpuDiffusion.Components;
using IlgpuDiffusion.Requests;

namespace IlgpuDiffusion.Pipelines;

/// <summary>What networks take of a request's texts, in the order of <see cref="PromptTimeline.Texts"/>.</summary>
/// <param name="Own">The model's inputs.</param>
/// <param name="Refiners">Those of the model that takes over; empty where none does.</param>
internal sealed record EncodedTexts(IReadOnlyList<IReadOnlyDictionary<string, HostTensor>> Own, IReadOnlyList<IReadOnlyDictionary<string, HostTensor>> Refiners);
