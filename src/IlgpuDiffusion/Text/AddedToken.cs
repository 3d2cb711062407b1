namespace IlgpuDiffusion.Text;

/// <summary>A token that is taken from a text before byte pairs are merged: the special tokens, and words added to a vocabulary.</summary>
internal sealed record AddedToken(string Content)
{
    /// <summary>Looked for in the normalized text, so that case does not count; else in the text as written.</summary>
    public bool Normalized { get; init; }

    /// <summary>Not taken out of the middle of a word.</summary>
    public bool SingleWord { get; init; }

    /// <summary>Takes the white space before it along.</summary>
    public bool StripLeft { get; init; }

    /// <summary>Takes the white space after it along.</summary>
    public bool StripRight { get; init; }
}
