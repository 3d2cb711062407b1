namespace IlgpuDiffusion.Gpu;

/// <summary>How a weight's element in memory becomes a number, as a type argument.</summary>
/// <typeparam name="TElement">The element in memory.</typeparam>
internal interface IWeightFormat<TElement>
    where TElement : unmanaged
{
    /// <summary>The number, exactly.</summary>
    static abstract float Widen(TElement element);
}
