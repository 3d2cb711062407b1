using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>What a request changes in the networks of a model.</summary>
/// <param name="Changes">The changes of each network, by its weights.</param>
internal sealed record AdapterSet(IReadOnlyDictionary<WeightStore, WeightChanges> Changes)
{
    /// <summary>Nothing.</summary>
    public static AdapterSet None { get; } = new(new Dictionary<WeightStore, WeightChanges>());

    /// <summary>Words that stand for learned vectors.</summary>
    public IReadOnlyList<LearnedEmbedding> Embeddings { get; init; } = [];

    /// <summary>A text encoder's tokenizer with the words.</summary>
    public ClipTokenizer Tokenizer(ClipTokenizer tokenizer) => Embeddings.Count == 0 ? tokenizer : tokenizer.With(Embeddings.Select(embedding => (embedding.Word, embedding.Count)));

    /// <summary>The words' vectors for a text encoder, or null where there are none.</summary>
    public LearnedRows? Rows(TextPart part) => Embeddings.Count == 0 ? null : new LearnedRows(part.Tokenizer.VocabularySize, [.. Embeddings.SelectMany(embedding => embedding.Of(part.Model.Config.Channels) ?? [])]);

    /// <summary>The changes of a network.</summary>
    public WeightChanges Of(WeightStore weights) => Changes.GetValueOrDefault(weights, WeightChanges.None);
}
