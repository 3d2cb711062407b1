using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>A form of a text encoder.</summary>
/// <param name="Chunks">The chunks of all texts, which run in one batch.</param>
/// <param name="Texts">The texts.</param>
/// <param name="Layer">What is read of it.</param>
internal sealed record TextKey(int Chunks, int Texts, TextLayer Layer);

/// <summary>What is read of a text encoder.</summary>
/// <param name="Skipped">Layers left out at the end.</param>
/// <param name="Normalized">Whether the states go through the final layer norm.</param>
/// <param name="Pooled">Whether the vector of the whole text is wanted too.</param>
internal sealed record TextLayer(int Skipped, bool Normalized, bool Pooled)
{
    /// <summary>What is changed in the weights.</summary>
    public WeightChanges Changes { get; init; } = WeightChanges.None;

    /// <summary>Whether some tokens stand for learned vectors.</summary>
    public bool Learned { get; init; }
}

/// <summary>What a text encoder gives.</summary>
/// <param name="States">[texts, 1, 77·n, C], the prompts' weights applied.</param>
/// <param name="Pooled">[texts, 1, 1, P], or null where it was not wanted.</param>
internal sealed record EncodedText(HostTensor States, HostTensor? Pooled);

/// <summary>Prompts to states: all chunks of all prompts in one batch, then the prompts' weights. On the lane's thread.</summary>
/// <param name="name">What people read.</param>
/// <param name="model">The network.</param>
/// <param name="weights">Its weights.</param>
/// <param name="runner">Device and lane.</param>
internal sealed class TextEncoder(string name, ClipTextModel model, WeightStore weights, ComponentRunner runner) : Component<TextKey>(weights, runner, kept: 4)
{
    /// <summary>What a request runs of it.</summary>
    /// <param name="prompts">The prompts, each of equally many chunks.</param>
    /// <param name="layer">What is read.</param>
    /// <param name="measured">As <see cref="Component{TKey}.Use"/> says.</param>
    public ComponentUse Use(IReadOnlyList<PromptTokens> prompts, TextLayer layer, ElementType? measured) => Use(KeyOf(prompts, layer), measured);

    /// <summary>Encodes prompts.</summary>
    /// <param name="prompts">The prompts, each of equally many chunks.</param>
    /// <param name="layer">What is read.</param>
    /// <param name="emphasis">How weights are applied.</param>
    /// <param name="cancellation">Observed between work items.</param>
    /// <param name="learned">The vectors of learned tokens, where <see cref="TextLayer.Learned"/>.</param>
    public EncodedText Encode(IReadOnlyList<PromptTokens> prompts, TextLayer layer, Emphasis emphasis, CancellationToken cancellation, LearnedRows? learned = null)
    {
        using Run run = Begin(KeyOf(prompts, layer), cancellation);
        int[] ids = [.. prompts.SelectMany(prompt => prompt.Ids())];
        if (learned is not null)
        {
            (ids, float[] known, float[] vectors) = learned.Split(ids, model.Config.Channels);
            run.Set<float>("known", known);
            run.Set<float>("learned", vectors);
        }

        run.Set<int>("ids", ids);
        if (layer.Pooled)
        {
            run.Set<int>("ends", [.. prompts.Select(prompt => model.EndOf([.. prompt.Chunks[0].Ids.Select(id => learned?.Own(id) ?? id)]))]);
        }

        run.Prepare(cancellation);
        float[] states = run.Read();
        int size = states.Length / prompts.Count;
        for (int i = 0; i < prompts.Count; i++)
        {
            PromptWeighting.Apply(states.AsSpan(i * size, size), prompts[i], emphasis);
        }

        int tokens = prompts[0].Chunks.Count * ClipTokenizer.ContextLength;
        return new EncodedText(
            new HostTensor(new Shape(prompts.Count, 1, tokens, model.Config.Channels), states),
            layer.Pooled ? new HostTensor(new Shape(prompts.Count, 1, 1, model.PooledChannels), run.Read(output: 1)) : null);
    }

    /// <inheritdoc/>
    protected override string Name(TextKey key) => name;

    /// <inheritdoc/>
    protected override WeightChanges Changes(TextKey key) => key.Layer.Changes;

    /// <inheritdoc/>
    protected override Executable Compile(TextKey key, ComponentRunner runner)
    {
        Graph graph = new();
        Value ids = graph.Input("ids", new TensorType(new Shape(key.Chunks, 1, ClipTokenizer.ContextLength, 1), ElementType.I32), Stage.Request);
        ClipTextStates states = model.Build(new ModelBuilder(graph, Weights).With(key.Layer.Changes), ids, key.Layer.Learned ? Learned(graph, ids.Shape) : null);
        List<Value> outputs = [states.Skip(key.Layer.Skipped, key.Layer.Normalized)];
        if (key.Layer.Pooled)
        {
            outputs.Add(states.Pooled(graph.Input("ends", new TensorType(new Shape(key.Texts, 1, 1, 1), ElementType.I32), Stage.Request)));
        }

        return runner.Compile([new Variant(outputs)]);
    }

    private LearnedTokens Learned(Graph graph, Shape ids) => new(graph.Input("known", ids, Stage.Request), graph.Input("learned", ids with { Channels = model.Config.Channels }, Stage.Request));

    // Where nothing is pooled, prompts are no more than their chunks: two of one chunk run as one of two.
    private static TextKey KeyOf(IReadOnlyList<PromptTokens> prompts, TextLayer layer) => new(prompts.Sum(prompt => prompt.Chunks.Count), layer.Pooled ? prompts.Count : 0, layer);
}
