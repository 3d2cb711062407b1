namespace IlgpuDiffusion;

/// <summary>What a pipeline's tiny decoder is used for.</summary>
[Flags]
public enum TinyDecoding
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Previews.</summary>
    Previews = 1,

    /// <summary>Finished pictures.</summary>
    Pictures = 2,

    /// <summary>Both.</summary>
    All = Previews | Pictures,
}
