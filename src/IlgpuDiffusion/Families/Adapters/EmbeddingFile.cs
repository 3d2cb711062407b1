using IlgpuDiffusion.Components;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>
/// Learned embeddings of textual inversion (Gal et al. 2022, arXiv:2208.01618), in the layouts of stable-diffusion-webui (<c>emb_params</c>; for XL <c>clip_l</c> and <c>clip_g</c>; the word is
/// the file's name) and of diffusers (one tensor, named as the word).
/// </summary>
internal static class EmbeddingFile
{
    private const string Single = "emb_params";

    private static readonly string[] OfEncoders = ["clip_l", "clip_g"];

    /// <exception cref="ModelFileException">It is no safetensors file, or holds no embedding.</exception>
    public static LearnedEmbedding Read(string path)
    {
        if (ForeignFormats.LooksLikePickle(path))
        {
            throw ForeignFormats.Pickle(path);
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        WeightTensor[] tensors = [.. file.Tensors.Values];
        string name = Path.GetFileNameWithoutExtension(path);
        return tensors.Where(tensor => OfEncoders.Contains(tensor.Name)).ToArray() is { Length: > 0 } several ? new LearnedEmbedding(path, name, [.. several.OrderByDescending(tensor => tensor.Name).Select(tensor => Rows(tensor))])
            : file.Tensors.TryGetValue(Single, out WeightTensor? single) ? new LearnedEmbedding(path, name, [Rows(single)])
            : tensors is [var only] ? new LearnedEmbedding(path, only.Name, [Rows(only)])
            : throw new ModelFileException(path, $"'{path}' holds no embedding of textual inversion. {ModelFile.Seen(new CheckpointTensors(file))}");
    }

    // [n, C], or [C] for one vector.
    private static float[][] Rows(WeightTensor tensor)
    {
        if (tensor.Shape.Length is not (1 or 2) || tensor.Count == 0 || tensor.Count / tensor.Shape[^1] > 75)
        {
            throw new ModelFileException(tensor.File, $"'{tensor.File}', tensor {tensor} is no embedding: 1 to 75 vectors are wanted, [n, C] or [C].");
        }

        tensor.ThrowIfNotFinite();
        return [.. tensor.ToSingles().Chunk((int)tensor.Shape[^1])];
    }
}
