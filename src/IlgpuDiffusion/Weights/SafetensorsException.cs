namespace IlgpuDiffusion.Weights;

/// <summary>A file is not a well-formed safetensors file.</summary>
public sealed class SafetensorsException : ModelFileException
{
    /// <summary>Makes the error.</summary>
    /// <param name="file">The file at fault.</param>
    /// <param name="problem">What is wrong with it, as a sentence without the file's name.</param>
    /// <param name="tensor">The tensor at fault, if it is one.</param>
    /// <param name="inner">The error that led to this one.</param>
    public SafetensorsException(string file, string problem, string? tensor = null, Exception? inner = null)
        : base(file, tensor is null ? $"'{file}': {problem}" : $"'{file}', tensor '{tensor}': {problem}", inner)
    {
        Tensor = tensor;
    }

    /// <summary>The tensor at fault, if it is one.</summary>
    public string? Tensor { get; }
}
