namespace IlgpuDiffusion.Acceleration;

/// <summary>Which techniques go together.</summary>
internal static class Composition
{
    /// <exception cref="PolicyException">Two do not; the message names both.</exception>
    public static void Check(IReadOnlyList<ITechnique> techniques)
    {
        for (int i = 0; i < techniques.Count; i++)
        {
            for (int j = i + 1; j < techniques.Count; j++)
            {
                if ((techniques[i].Refuses(techniques[j]) ?? techniques[j].Refuses(techniques[i])) is { } reason)
                {
                    throw new PolicyException(reason);
                }
            }
        }
    }
}
