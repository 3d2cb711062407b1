using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Text;

namespace IlgpuDiffusion.Components;

/// <summary>Makes a denoiser's named inputs of prompts: which text encoders run, what is read of them, and how it is put together.</summary>
internal interface IConditioner : IDisposable
{
    /// <summary>The layers that the text encoders have: as many may be skipped, but for one.</summary>
    int Layers { get; }

    /// <summary>The texts as tokens, and the shapes of what they will give; nothing is run.</summary>
    /// <exception cref="FormatException">A weight in a text is not a number, or it is too long; the message begins with the text's name.</exception>
    ConditioningPlan Plan(ConditioningRequest request);

    /// <summary>What is run for a plan, in order.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="measured">As <see cref="Component{TKey}.Use"/> says.</param>
    IEnumerable<ComponentUse> Uses(ConditioningPlan plan, ElementType? measured = null);

    /// <summary>Runs the text encoders, on the lane's thread: the denoiser's inputs by name, a row for each text.</summary>
    IReadOnlyDictionary<string, HostTensor> Encode(ConditioningPlan plan, CancellationToken cancellation);
}

/// <summary>Texts to condition on.</summary>
/// <param name="Texts">A text for each row: unconditional first.</param>
/// <param name="Skipped">Layers of the text encoders left out at the end.</param>
/// <param name="Width">The pictures' width in pixels.</param>
/// <param name="Height">The pictures' height in pixels.</param>
internal sealed record ConditioningRequest(IReadOnlyList<ConditioningText> Texts, int Skipped, int Width, int Height)
{
    /// <summary>Chunks that every text has at least, filled up with empty ones: the same number for texts that take turns.</summary>
    public int LeastChunks { get; init; }

    /// <summary>What is changed in the text encoders.</summary>
    public AdapterSet Adapters { get; init; } = AdapterSet.None;

    /// <summary>Whether the largest encoder's weights stay in their files (<see cref="Graphs.Execution.CompileOptions.Streams"/>).</summary>
    public bool Streams { get; init; }

    /// <summary>How texts are read and weighed.</summary>
    public PromptOptions Prompts { get; init; } = new();

    /// <summary>What a network that was trained with scores of beauty is told of the negative text's picture and of the text's.</summary>
    public (double Negative, double Positive) Scores { get; init; }
}

/// <summary>One text to condition on.</summary>
/// <param name="Name">What errors call it.</param>
/// <param name="Text">The text.</param>
internal sealed record ConditioningText(string Name, string Text)
{
    /// <summary>Whether it says what the picture should not show.</summary>
    public bool IsNegative { get; init; }

    /// <summary>What the second of two text encoders reads; null for the same text.</summary>
    public string? Second { get; init; }

    /// <summary>The sizes that the network is told; null for the picture's own, uncropped.</summary>
    public PictureSizes? Sizes { get; init; }
}

/// <summary>What a network that was trained with sizes is told of its picture (Podell et al. 2023, section 2.2), in pixels.</summary>
internal sealed record PictureSizes(int OriginalHeight, int OriginalWidth, int CropTop, int CropLeft, int TargetHeight, int TargetWidth);

/// <summary>What a request gives the text encoders.</summary>
/// <param name="Request">The texts.</param>
/// <param name="Prompts">For each text encoder the texts as tokens, all of equally many chunks.</param>
/// <param name="Inputs">The names and shapes of the denoiser's inputs that will come of them.</param>
internal sealed record ConditioningPlan(ConditioningRequest Request, IReadOnlyList<IReadOnlyList<PromptTokens>> Prompts, EquatableArray<InputShape> Inputs)
{
    /// <summary>Which texts have an end that an encoder does not read.</summary>
    public IEnumerable<string> Warnings =>
        from texts in Prompts
        from text in texts.Zip(Request.Texts, (tokens, text) => (text.Name, tokens.Dropped))
        where text.Dropped > 0
        select $"The {text.Name} is longer than a text encoder of this model reads: its last {text.Dropped} tokens are left out there.";
}
