namespace IlgpuDiffusion.Text;

/// <summary>How a prompt's text is read.</summary>
internal enum PromptSyntax
{
    /// <summary>stable-diffusion-webui's: weights in brackets, BREAK, any number of chunks.</summary>
    Attention,

    /// <summary>diffusers': the text as it stands, one chunk, what is too long is cut off.</summary>
    Plain,
}

/// <summary>How weights are brought onto embeddings.</summary>
internal enum Emphasis
{
    /// <summary>Multiply, then scale each chunk so that its mean is as before.</summary>
    Original,

    /// <summary>Multiply and nothing else.</summary>
    NoNorm,
}

/// <summary>How prompts are read and weighed.</summary>
internal sealed record PromptOptions
{
    /// <summary>How the text is read; by default with weights and BREAK.</summary>
    public PromptSyntax Syntax { get; init; } = PromptSyntax.Attention;

    /// <summary>How weights are brought onto embeddings; by default as stable-diffusion-webui's "Original".</summary>
    public Emphasis Emphasis { get; init; } = Emphasis.Original;

    /// <summary>If a chunk is full and its last comma is at most this many tokens back, what follows the comma goes into the next chunk; 0 never; 20 by default.</summary>
    public int CommaBacktrack { get; init; } = 20;

    /// <summary>How many tokens T5 is given, filled up or cut; null for as many as the model was trained with.</summary>
    public int? T5Tokens { get; init; }
}
