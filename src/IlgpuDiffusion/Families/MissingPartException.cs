using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>A model lacks a network that an option gives.</summary>
internal sealed class MissingPartException(string file, string message) : ModelFileException(file, message);
