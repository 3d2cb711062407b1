namespace IlgpuDiffusion.Sampling;

/// <summary>Which generator draws the noise (<c>--rng</c>); both are computed on the host.</summary>
public enum NoiseKind
{
    /// <summary>torch's CPU generator: Mersenne Twister 19937.</summary>
    Cpu,

    /// <summary>torch's CUDA generator as stable-diffusion-webui reproduces it: Philox 4x32-10.</summary>
    Cuda,
}
