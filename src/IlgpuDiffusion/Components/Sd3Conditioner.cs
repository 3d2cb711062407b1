using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Components;

/// <summary>
/// Stable Diffusion 3 (Esser et al. 2024, section 5.1): the raw states of two CLIP encoders side by side, filled up with zeros to T5's channels, T5's states behind them, and both CLIPs' pooled
/// texts side by side. An encoder that is left out is zeros in its place.
/// </summary>
/// <param name="first">CLIP ViT-L, projected, or null.</param>
/// <param name="second">OpenCLIP ViT-bigG, projected, or null.</param>
/// <param name="long">T5, or null.</param>
/// <param name="textChannels">Channels of the text that the network takes.</param>
/// <param name="pooledChannels">Channels of the pooled text that the network takes.</param>
/// <param name="runner">Device and lane.</param>
internal sealed class Sd3Conditioner(TextPart? first, TextPart? second, T5Part? @long, int textChannels, int pooledChannels, ComponentRunner runner) : IConditioner
{
    // As the reference's pipeline fills up or cuts what T5 reads; as many zeros where there is none.
    private const int T5Tokens = 256;

    private readonly TextEncoder? _first = Encoder(first, runner);
    private readonly TextEncoder? _second = Encoder(second, runner);
    private readonly T5Encoder? _long = @long is null ? null : new T5Encoder(@long, runner);

    // CLIP's states are as wide as its pooled text in the model that stands first.
    private readonly int _firstChannels = first?.Model.Config.Channels ?? (second is null ? 0 : pooledChannels - second.Model.PooledChannels);

    /// <inheritdoc/>
    public int Layers => Clips.Select(part => part.Model.Config.Layers).DefaultIfEmpty(1).Min();

    private IEnumerable<TextPart> Clips => new[] { first, second }.OfType<TextPart>();

    /// <inheritdoc/>
    public ConditioningPlan Plan(ConditioningRequest request)
    {
        int rows = request.Texts.Count;
        List<IReadOnlyList<PromptTokens>> prompts = [.. PromptRows.Of([.. Clips.Select(part => (part.Tokenizer, part == second))], request)];
        int tokens = prompts.Count > 0 ? prompts[0][0].Chunks.Count * ClipTokenizer.ContextLength : 0;
        int length = request.Prompts.T5Tokens ?? T5Tokens;
        tokens += length;
        if (@long is not null)
        {
            prompts.Add(PromptRows.Of(@long.Tokenizer, length, request));
        }

        return new ConditioningPlan(request, prompts, new EquatableArray<InputShape>(
            new(NetworkInputs.Context, new Shape(rows, 1, tokens, textChannels)),
            new(NetworkInputs.Pooled, new Shape(rows, 1, 1, pooledChannels))));
    }

    /// <inheritdoc/>
    public IEnumerable<ComponentUse> Uses(ConditioningPlan plan, ElementType? measured)
    {
        int next = 0;
        foreach ((TextEncoder? encoder, TextPart? part) in ((TextEncoder?, TextPart?)[])[(_first, first), (_second, second)])
        {
            if (encoder is not null)
            {
                yield return encoder.Use(plan.Prompts[next++], LayerOf(plan, part!), measured);
            }
        }

        if (_long is not null)
        {
            yield return _long.Use(plan.Prompts[next], plan.Request, measured);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, HostTensor> Encode(ConditioningPlan plan, CancellationToken cancellation)
    {
        Emphasis emphasis = plan.Request.Prompts.Emphasis;
        int next = 0;
        EncodedText? one = _first?.Encode(plan.Prompts[next++], LayerOf(plan, first!), emphasis, cancellation, plan.Request.Adapters.Rows(first!));
        EncodedText? two = _second?.Encode(plan.Prompts[next++], LayerOf(plan, second!), emphasis, cancellation, plan.Request.Adapters.Rows(second!));
        HostTensor? three = _long?.Encode(plan.Prompts[next], plan.Request, cancellation);
        HostTensor context = Zeros(plan.Inputs[0].Shape), pooled = Zeros(plan.Inputs[1].Shape);
        context.Put(one?.States, 0, 0);
        context.Put(two?.States, 0, _firstChannels);
        context.Put(three, (one ?? two)?.States.Shape.Width ?? 0, 0);
        pooled.Put(one?.Pooled, 0, 0);
        pooled.Put(two?.Pooled, 0, pooledChannels - (two?.Pooled!.Shape.Channels ?? 0));
        return new Dictionary<string, HostTensor> { [NetworkInputs.Context] = context, [NetworkInputs.Pooled] = pooled };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _first?.Dispose();
        _second?.Dispose();
        _long?.Dispose();
    }

    private static TextEncoder? Encoder(TextPart? part, ComponentRunner runner) => part is null ? null : new(part.Name, part.Model, part.Weights, runner);

    private static HostTensor Zeros(Shape shape) => new(shape, new float[shape.Count]);

    private static TextLayer LayerOf(ConditioningPlan plan, TextPart part) => new(plan.Request.Skipped, Normalized: false, Pooled: true) { Changes = plan.Request.Adapters.Of(part.Weights), Learned = plan.Request.Adapters.Embeddings.Count > 0 };
}
