namespace IlgpuDiffusion.Sampling;

/// <summary><c>solver_type</c> of the DPM-Solvers and UniPC.</summary>
internal enum SolverType
{
    /// <summary>Second order by the midpoint rule; the DPM-Solvers' default.</summary>
    Midpoint,

    /// <summary>Second order by Heun's rule.</summary>
    Heun,

    /// <summary>UniPC with B(h) = h (Zhao et al. 2023, arXiv:2302.04867).</summary>
    Bh1,

    /// <summary>UniPC with B(h) = eʰ − 1; its default.</summary>
    Bh2,
}
