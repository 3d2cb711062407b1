namespace IlgpuDiffusion.Acceleration;

/// <summary>Random numbers from (seed, evaluation, site): SplitMix64 (Steele, Lea and Flood 2014) from a state mixed of the three.</summary>
public sealed class PlanRandom
{
    private ulong _state;

    internal PlanRandom(ulong seed, int evaluation, int site)
    {
        foreach (ulong part in (ReadOnlySpan<ulong>)[seed, (ulong)evaluation, (ulong)site])
        {
            _state = Next() ^ part;
        }
    }

    /// <summary>A number from 0 to below <paramref name="limit"/>, each as probable as the others.</summary>
    public int Below(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        return (int)Math.BigMul(Next(), (ulong)limit, out _);
    }

    private ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
