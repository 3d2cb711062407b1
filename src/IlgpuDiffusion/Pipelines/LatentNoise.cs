using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Sampling;

namespace IlgpuDiffusion.Pipelines;

/// <summary>The noise of a batch: picture i draws from its own generator, seeded seed + i, so it is the picture that the seed gives alone.</summary>
internal sealed class LatentNoise
{
    private readonly NoiseGenerator[] _generators;
    private readonly float[] _planes;
    private readonly Shape _shape;

    public LatentNoise(NoiseKind kind, ulong seed, Shape shape)
    {
        _shape = shape;
        _generators = [.. Enumerable.Range(0, shape.Batch).Select(i => NoiseGenerator.Create(kind, unchecked(seed + (ulong)i)))];
        _planes = new float[shape.Tokens * shape.Channels];
    }

    /// <summary>The next draw, [B, h, w, c]; generators draw [c, h, w] as torch does.</summary>
    public float[] Next()
    {
        float[] noise = new float[_shape.Count];
        for (int image = 0; image < _shape.Batch; image++)
        {
            _generators[image].Fill(_planes);
            Layouts.FromPlanes(_planes, noise.AsSpan(image * _planes.Length, _planes.Length), _shape.Channels);
        }

        return noise;
    }
}

/// <summary>Channels first and channels last.</summary>
internal static class Layouts
{
    /// <summary>[c, h·w] → [h·w, c].</summary>
    public static void FromPlanes(ReadOnlySpan<float> planes, Span<float> pixels, int channels)
    {
        int tokens = pixels.Length / channels;
        for (int c = 0; c < channels; c++)
        {
            for (int t = 0; t < tokens; t++)
            {
                pixels[t * channels + c] = planes[c * tokens + t];
            }
        }
    }
}
