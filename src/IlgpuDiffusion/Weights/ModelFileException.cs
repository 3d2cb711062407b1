namespace IlgpuDiffusion.Weights;

/// <summary>A model's files cannot be used: one is missing, damaged, of a kind that is not read, or lacks something that the model needs.</summary>
public class ModelFileException : DiffusionException
{
    /// <summary>Makes the error.</summary>
    /// <param name="file">The file or folder at fault.</param>
    /// <param name="message">What is wrong and what to do; names the file.</param>
    /// <param name="inner">The error that led to this one.</param>
    public ModelFileException(string file, string message, Exception? inner = null)
        : base(message, inner)
    {
        File = file;
    }

    /// <summary>The file or folder at fault.</summary>
    public string File { get; }
}
