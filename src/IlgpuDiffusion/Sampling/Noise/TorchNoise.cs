namespace IlgpuDiffusion.Sampling;

/// <summary>
/// <c>torch.randn</c> in float32 on the CPU. Below 16 values torch runs Box and Muller (1958) in doubles, one value after the other, and keeps the second
/// of each pair; from 16 values on it fills with 24-bit uniforms and turns each 16 of them into normals, redrawing the last 16 when the count is no multiple.
/// </summary>
internal sealed class TorchNoise(ulong seed) : NoiseGenerator
{
    private const int Block = 16;

    private readonly MersenneTwister _engine = new(seed);
    private double? _kept;

    public override void Fill(Span<float> destination)
    {
        if (destination.Length < Block)
        {
            foreach (ref float value in destination)
            {
                value = (float)NextDouble();
            }

            return;
        }

        Uniform(destination);
        int whole = destination.Length / Block * Block;
        for (int i = 0; i < whole; i += Block)
        {
            CephesBoxMuller.Transform(destination.Slice(i, Block));
        }

        if (whole < destination.Length)
        {
            Span<float> last = destination[^Block..];
            Uniform(last);
            CephesBoxMuller.Transform(last);
        }
    }

    private void Uniform(Span<float> values)
    {
        foreach (ref float value in values)
        {
            value = (_engine.Next() & 0xffffff) * (1f / (1 << 24));
        }
    }

    private double NextDouble()
    {
        if (_kept is { } kept)
        {
            _kept = null;
            return kept;
        }

        double u1 = UniformDouble();
        double u2 = UniformDouble();
        double radius = Math.Sqrt(-2 * Math.Log(1 - u2));
        double theta = 2 * Math.PI * u1;
        _kept = radius * Math.Sin(theta);
        return radius * Math.Cos(theta);
    }

    private double UniformDouble() => (_engine.Next64() & ((1UL << 53) - 1)) * (1.0 / (1UL << 53));
}
