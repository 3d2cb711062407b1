namespace IlgpuDiffusion.Weights;

/// <summary>An opened file of tensors, mapped and not read.</summary>
internal interface ITensorFile : IDisposable
{
    /// <summary>The file's path.</summary>
    string Path { get; }

    /// <summary>What people call its format.</summary>
    string Format { get; }

    /// <summary>Texts and numbers of its header.</summary>
    IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name.</summary>
    IReadOnlyDictionary<string, WeightTensor> Tensors { get; }

    /// <summary>Says that little is read of it, here and there, so that the system reads nothing ahead; or that this is over.</summary>
    void ReadSparsely(bool on);
}

/// <summary>Opens files of tensors by what they begin with.</summary>
internal static class TensorFile
{
    /// <summary>Opens a safetensors or GGUF file and checks its header.</summary>
    /// <exception cref="ModelFileException">It is neither, or damaged.</exception>
    public static ITensorFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return ForeignFormats.LooksLikePickle(path) ? throw ForeignFormats.Pickle(path)
            : ForeignFormats.IsGguf(path) ? GgufFile.Open(path)
            : ForeignFormats.IsNamedGguf(path) && File.Exists(path) ? throw new ModelFileException(path, $"'{path}': it does not begin as GGUF files do. It is damaged, and to be fetched again, or of another format; safetensors are named .safetensors.")
            : SafetensorsFile.Open(path);
    }
}
