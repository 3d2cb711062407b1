namespace IlgpuDiffusion.Imaging;

/// <summary>A fault inside a PNG file; <see cref="PngReader"/> adds the file's name.</summary>
internal sealed class PngFault(string message) : Exception(message);
