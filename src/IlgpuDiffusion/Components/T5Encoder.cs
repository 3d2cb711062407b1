using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Components;

/// <summary>A form of a T5 encoder.</summary>
/// <param name="Texts">Texts, which run in one batch.</param>
/// <param name="Tokens">Tokens of each.</param>
/// <param name="Streams">Whether large weights stay in their files (<see cref="CompileOptions.Streams"/>).</param>
internal sealed record T5Key(int Texts, int Tokens, bool Streams);

/// <summary>Prompts to T5's last states, then the prompts' weights. On the lane's thread.</summary>
/// <param name="part">The network.</param>
/// <param name="runner">Device and lane.</param>
internal sealed class T5Encoder(T5Part part, ComponentRunner runner) : Component<T5Key>(part.Weights, Fitting(runner), kept: 2)
{
    /// <summary>What a request runs of it.</summary>
    /// <param name="prompts">The prompts, each of one chunk.</param>
    /// <param name="request">What they are of.</param>
    /// <param name="measured">As <see cref="Component{TKey}.Use"/> says.</param>
    public ComponentUse Use(IReadOnlyList<PromptTokens> prompts, ConditioningRequest request, ElementType? measured) => Use(KeyOf(prompts, request), measured);

    /// <summary>Encodes prompts: [texts, 1, T, C].</summary>
    /// <param name="prompts">The prompts, each of one chunk.</param>
    /// <param name="request">What they are of.</param>
    /// <param name="cancellation">Observed between work items.</param>
    public HostTensor Encode(IReadOnlyList<PromptTokens> prompts, ConditioningRequest request, CancellationToken cancellation)
    {
        T5Key key = KeyOf(prompts, request);
        using Run run = Begin(key, cancellation);
        run.Set<int>("ids", [.. prompts.SelectMany(prompt => prompt.Ids())]);
        run.Set<int>("buckets", part.Model.Buckets(key.Tokens));
        run.Prepare(cancellation);
        float[] states = run.Read();
        int size = states.Length / prompts.Count;
        for (int i = 0; i < prompts.Count; i++)
        {
            PromptWeighting.Apply(states.AsSpan(i * size, size), prompts[i], request.Prompts.Emphasis);
        }

        return new HostTensor(new Shape(key.Texts, 1, key.Tokens, part.Model.Config.Channels), states);
    }

    /// <inheritdoc/>
    protected override string Name(T5Key key) => part.Name;

    /// <inheritdoc/>
    protected override ElementType Stored(ElementType asked) => Fitting(asked);

    /// <inheritdoc/>
    protected override Executable Compile(T5Key key, ComponentRunner runner)
    {
        Graph graph = new();
        Value Ints(string name, Shape shape) => graph.Input(name, new TensorType(shape, ElementType.I32), Stage.Request);
        Value states = part.Model.Build(new ModelBuilder(graph, Weights), Ints("ids", new Shape(key.Texts, 1, key.Tokens, 1)), Ints("buckets", new Shape(1, 1, (2 * key.Tokens) - 1, 1)));
        return runner.Compile([new Variant(states)], streams: key.Streams);
    }

    // The published encoders' activations pass 65504.
    private static ElementType Fitting(ElementType asked) => asked == ElementType.F16 ? ElementType.F32 : asked;

    private static ComponentRunner Fitting(ComponentRunner runner) => runner with { Type = Fitting(runner.Type) };

    private static T5Key KeyOf(IReadOnlyList<PromptTokens> prompts, ConditioningRequest request) => new(prompts.Count, prompts[0].Chunks[0].Ids.Length, request.Streams);
}
