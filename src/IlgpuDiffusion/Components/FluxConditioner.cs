using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Components;

/// <summary>FLUX.1: T5's states, and CLIP's pooled text, or zeros where there is no CLIP.</summary>
/// <param name="clip">CLIP ViT-L, or null.</param>
/// <param name="t5">T5.</param>
/// <param name="tokens">Tokens of a text.</param>
/// <param name="pooledChannels">Channels of the pooled text that the network takes.</param>
/// <param name="runner">Device and lane.</param>
internal sealed class FluxConditioner(TextPart? clip, T5Part t5, int tokens, int pooledChannels, ComponentRunner runner) : IConditioner
{
    private readonly TextEncoder? _clip = clip is null ? null : new TextEncoder(clip.Name, clip.Model, clip.Weights, runner);
    private readonly T5Encoder _t5 = new(t5, runner);

    /// <inheritdoc/>
    public int Layers => clip?.Model.Config.Layers ?? 1;

    /// <inheritdoc/>
    public ConditioningPlan Plan(ConditioningRequest request)
    {
        int rows = request.Texts.Count, length = request.Prompts.T5Tokens ?? tokens;
        IReadOnlyList<PromptTokens>[] prompts = [.. clip is null ? [] : PromptRows.Of([(clip.Tokenizer, Second: false)], request), PromptRows.Of(t5.Tokenizer, length, request)];
        return new ConditioningPlan(request, prompts, new EquatableArray<InputShape>(
            new(NetworkInputs.Context, new Shape(rows, 1, length, t5.Model.Config.Channels)),
            new(NetworkInputs.Pooled, new Shape(rows, 1, 1, pooledChannels))));
    }

    /// <inheritdoc/>
    public IEnumerable<ComponentUse> Uses(ConditioningPlan plan, ElementType? measured) =>
        [.. _clip is null ? [] : (ComponentUse[])[_clip.Use(plan.Prompts[0], LayerOf(plan, clip!), measured)], _t5.Use(plan.Prompts[^1], plan.Request, measured)];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, HostTensor> Encode(ConditioningPlan plan, CancellationToken cancellation)
    {
        HostTensor? pooled = _clip?.Encode(plan.Prompts[0], LayerOf(plan, clip!), plan.Request.Prompts.Emphasis, cancellation, plan.Request.Adapters.Rows(clip!)).Pooled;
        HostTensor context = _t5.Encode(plan.Prompts[^1], plan.Request, cancellation);
        Shape shape = plan.Inputs[1].Shape;
        return new Dictionary<string, HostTensor> { [NetworkInputs.Context] = context, [NetworkInputs.Pooled] = pooled ?? new HostTensor(shape, new float[shape.Count]) };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _clip?.Dispose();
        _t5.Dispose();
    }

    private static TextLayer LayerOf(ConditioningPlan plan, TextPart part) => new(plan.Request.Skipped, Normalized: true, Pooled: true) { Changes = plan.Request.Adapters.Of(part.Weights), Learned = plan.Request.Adapters.Embeddings.Count > 0 };
}
