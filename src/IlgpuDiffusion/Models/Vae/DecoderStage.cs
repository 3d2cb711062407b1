using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Models;

/// <summary>A step of the decoder.</summary>
/// <param name="Scale">How many times larger each side of its result is.</param>
/// <param name="Reach">How many grid points of its result away what a result depends on may lie, norms aside.</param>
/// <param name="NeedsWhole">Whether a result depends on the whole picture by more than norms.</param>
/// <param name="Build">Builds it, at the root of the weights.</param>
internal sealed record DecoderStage(int Scale, int Reach, bool NeedsWhole, Func<ModelBuilder, Value, Value> Build);
