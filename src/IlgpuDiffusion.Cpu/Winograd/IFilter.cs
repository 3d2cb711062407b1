namespace IlgpuDiffusion.Cpu;

/// <summary>
/// A minimal filtering scheme of one dimension, F(<see cref="Outputs"/>, <see cref="Taps"/>), as a type argument:
/// y = Aᵀ[(G·w) ⊙ (Bᵀ·d)]. Applied to columns, then to rows, it is the scheme of two dimensions.
/// </summary>
/// <remarks>Every member reads and writes vectors a constant number of floats apart; each lane is a channel of its own.</remarks>
internal unsafe interface IFilter
{
    /// <summary>Results of a tile.</summary>
    static abstract int Outputs { get; }

    /// <summary>Weights.</summary>
    static abstract int Taps { get; }

    /// <summary>Products, and inputs of a tile: <see cref="Outputs"/> + <see cref="Taps"/> − 1.</summary>
    static abstract int Points { get; }

    /// <summary>Bᵀ: inputs to products.</summary>
    static abstract void Input<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct;

    /// <summary>G: weights to products.</summary>
    static abstract void Weight<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct;

    /// <summary>Aᵀ: products to results.</summary>
    static abstract void Output<TSimd, TVector>(float* from, nint step, float* to, nint toStep)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct;
}
