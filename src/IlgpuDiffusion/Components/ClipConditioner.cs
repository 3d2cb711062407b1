using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Components;

/// <summary>Stable Diffusion 1 and 2: the states of one text encoder after its final layer norm.</summary>
/// <param name="part">The text encoder.</param>
/// <param name="runner">Device and lane.</param>
internal sealed class ClipConditioner(TextPart part, ComponentRunner runner) : IConditioner
{
    private readonly TextEncoder _encoder = new(part.Name, part.Model, part.Weights, runner);

    /// <inheritdoc/>
    public int Layers => part.Model.Config.Layers;

    /// <inheritdoc/>
    public ConditioningPlan Plan(ConditioningRequest request)
    {
        IReadOnlyList<IReadOnlyList<PromptTokens>> prompts = PromptRows.Of([(part.Tokenizer, Second: false)], request);
        Shape context = new(request.Texts.Count, 1, prompts[0][0].Chunks.Count * ClipTokenizer.ContextLength, part.Model.Config.Channels);
        return new ConditioningPlan(request, prompts, new EquatableArray<InputShape>(new InputShape(NetworkInputs.Context, context)));
    }

    /// <inheritdoc/>
    public IEnumerable<ComponentUse> Uses(ConditioningPlan plan, ElementType? measured) => [_encoder.Use(plan.Prompts[0], LayerOf(plan), measured)];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, HostTensor> Encode(ConditioningPlan plan, CancellationToken cancellation) => new Dictionary<string, HostTensor>
    {
        [NetworkInputs.Context] = _encoder.Encode(plan.Prompts[0], LayerOf(plan), plan.Request.Prompts.Emphasis, cancellation, plan.Request.Adapters.Rows(part)).States,
    };

    /// <inheritdoc/>
    public void Dispose() => _encoder.Dispose();

    private TextLayer LayerOf(ConditioningPlan plan) => new(plan.Request.Skipped, Normalized: true, Pooled: false) { Changes = plan.Request.Adapters.Of(part.Weights), Learned = plan.Request.Adapters.Embeddings.Count > 0 };
}
