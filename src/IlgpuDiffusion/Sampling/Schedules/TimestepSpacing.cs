namespace IlgpuDiffusion.Sampling;

/// <summary><c>timestep_spacing</c>: which of the training steps are visited (Lin et al. 2023, arXiv:2305.08891, table 2).</summary>
internal enum TimestepSpacing
{
    /// <summary>Multiples of ⌊T / n⌋, plus <c>steps_offset</c>.</summary>
    Leading,

    /// <summary>T − 1, T − 1 − T / n, …</summary>
    Trailing,

    /// <summary>Evenly from 0 to T − 1.</summary>
    Linspace,
}
