namespace IlgpuDiffusion.Gpu;

/// <summary>A tile's sums in registers: four pixels of four channels.</summary>
internal struct ProductSums
{
    /// <summary>Of the first pixel.</summary>
    public F4 First;

    /// <summary>Of the second.</summary>
    public F4 Second;

    /// <summary>Of the third.</summary>
    public F4 Third;

    /// <summary>Of the fourth.</summary>
    public F4 Fourth;

    /// <summary>The sum of pixel i / 4 and channel i % 4, by comparisons: registers have no numbers, and memory of an item's own is slow.</summary>
    public readonly float At(int i)
    {
        int channel = i & 3;
        F4 pixel = i < 8 ? (i < 4 ? First : Second) : (i < 12 ? Third : Fourth);
        return channel < 2 ? (channel == 0 ? pixel.X : pixel.Y) : (channel == 2 ? pixel.Z : pixel.W);
    }
}
