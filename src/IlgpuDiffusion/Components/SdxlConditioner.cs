using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Components;

/// <summary>
/// Stable Diffusion XL (Podell et al. 2023): the raw states of two text encoders side by side in each token, the second's pooled text, and the picture's sizes. Its refiner has the second encoder
/// alone, and in place of the target size a score of beauty.
/// </summary>
/// <param name="first">CLIP ViT-L; null for the refiner.</param>
/// <param name="second">OpenCLIP ViT-bigG, projected.</param>
/// <param name="zerosForEmpty">Whether an empty negative text is zeros in place of its states ("force_zeros_for_empty_prompt").</param>
/// <param name="runner">Device and lane.</param>
internal sealed class SdxlConditioner(TextPart? first, TextPart second, bool zerosForEmpty, ComponentRunner runner) : IConditioner
{
    private readonly TextEncoder? _first = first is null ? null : new(first.Name, first.Model, first.Weights, runner);
    private readonly TextEncoder _second = new(second.Name, second.Model, second.Weights, runner);

    private int TimeIds => first is null ? UNetAddition.SizesAndScore : UNetAddition.Sizes;

    /// <inheritdoc/>
    public int Layers => Math.Min(first?.Model.Config.Layers ?? int.MaxValue, second.Model.Config.Layers);

    /// <inheritdoc/>
    public ConditioningPlan Plan(ConditioningRequest request)
    {
        IReadOnlyList<IReadOnlyList<PromptTokens>> prompts = PromptRows.Of([.. first is null ? [] : ((ClipTokenizer, bool)[])[(first.Tokenizer, false)], (second.Tokenizer, first is not null)], request);
        int rows = request.Texts.Count;
        return new ConditioningPlan(request, prompts, new EquatableArray<InputShape>(
            new(NetworkInputs.Context, new Shape(rows, 1, prompts[0][0].Chunks.Count * ClipTokenizer.ContextLength, (first?.Model.Config.Channels ?? 0) + second.Model.Config.Channels)),
            new(NetworkInputs.Pooled, new Shape(rows, 1, 1, second.Model.PooledChannels)),
            new(NetworkInputs.TimeIds, new Shape(rows, 1, 1, TimeIds))));
    }

    /// <inheritdoc/>
    public IEnumerable<ComponentUse> Uses(ConditioningPlan plan, ElementType? measured) =>
        [.. _first is null ? [] : (ComponentUse[])[_first.Use(plan.Prompts[0], LayerOf(plan, first!, pooled: false), measured)], _second.Use(plan.Prompts[^1], LayerOf(plan, second, pooled: true), measured)];

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, HostTensor> Encode(ConditioningPlan plan, CancellationToken cancellation)
    {
        EncodedText? one = _first?.Encode(plan.Prompts[0], LayerOf(plan, first!, pooled: false), plan.Request.Prompts.Emphasis, cancellation, plan.Request.Adapters.Rows(first!));
        EncodedText two = _second.Encode(plan.Prompts[^1], LayerOf(plan, second, pooled: true), plan.Request.Prompts.Emphasis, cancellation, plan.Request.Adapters.Rows(second));
        HostTensor context = one is null ? two.States : SideBySide(one.States, two.States);
        HostTensor pooled = two.Pooled!;
        IReadOnlyList<ConditioningText> texts = plan.Request.Texts;
        for (int row = 0; row < texts.Count; row++)
        {
            if (zerosForEmpty && texts[row] is { IsNegative: true, Text: "", Second: null or "" })
            {
                Row(context, row).Clear();
                Row(pooled, row).Clear();
            }
        }

        return new Dictionary<string, HostTensor>
        {
            [NetworkInputs.Context] = context,
            [NetworkInputs.Pooled] = pooled,
            [NetworkInputs.TimeIds] = new(new Shape(texts.Count, 1, 1, TimeIds), [.. texts.SelectMany(text => Numbers(text, plan.Request))]),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _first?.Dispose();
        _second.Dispose();
    }

    // What lies behind the layer has no norm of its own: these models were trained on the raw states.
    private static TextLayer LayerOf(ConditioningPlan plan, TextPart part, bool pooled) => new(plan.Request.Skipped, Normalized: false, pooled) { Changes = plan.Request.Adapters.Of(part.Weights), Learned = plan.Request.Adapters.Embeddings.Count > 0 };

    private float[] Numbers(ConditioningText text, ConditioningRequest request)
    {
        PictureSizes s = text.Sizes ?? new PictureSizes(request.Height, request.Width, 0, 0, request.Height, request.Width);
        return first is null
            ? [s.OriginalHeight, s.OriginalWidth, s.CropTop, s.CropLeft, (float)(text.IsNegative ? request.Scores.Negative : request.Scores.Positive)]
            : [s.OriginalHeight, s.OriginalWidth, s.CropTop, s.CropLeft, s.TargetHeight, s.TargetWidth];
    }

    private static HostTensor SideBySide(HostTensor a, HostTensor b)
    {
        (int left, int right) = (a.Shape.Channels, b.Shape.Channels);
        HostTensor result = new(a.Shape with { Channels = left + right }, new float[a.Values.Length + b.Values.Length]);
        for (int row = 0; row < a.Shape.Rows; row++)
        {
            a.Values.AsSpan(row * left, left).CopyTo(result.Values.AsSpan(row * (left + right)));
            b.Values.AsSpan(row * right, right).CopyTo(result.Values.AsSpan((row * (left + right)) + left));
        }

        return result;
    }

    private static Span<float> Row(HostTensor tensor, int row) => tensor.Values.AsSpan(row * (tensor.Values.Length / tensor.Shape.Batch), tensor.Values.Length / tensor.Shape.Batch);
}
