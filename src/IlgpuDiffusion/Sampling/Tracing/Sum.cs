namespace IlgpuDiffusion.Sampling;

/// <summary>Σ aᵢ·xᵢ of handles, with coefficients in double precision; equal handles are collected.</summary>
internal readonly struct Sum
{
    private readonly (Latents Latents, double Coefficient)[]? _terms;

    private Sum(params (Latents Latents, double Coefficient)[] terms) => _terms = terms;

    internal ReadOnlySpan<(Latents Latents, double Coefficient)> Terms => _terms;

    /// <summary>One handle, times 1.</summary>
    public static implicit operator Sum(Latents latents) => new((latents, 1));

    /// <summary>The sum of both.</summary>
    public static Sum operator +(Sum left, Sum right)
    {
        List<(Latents Latents, double Coefficient)> terms = [.. left.Terms];
        foreach ((Latents latents, double coefficient) in right.Terms)
        {
            int at = terms.FindIndex(term => term.Latents == latents);
            if (at < 0)
            {
                terms.Add((latents, coefficient));
            }
            else
            {
                terms[at] = (latents, terms[at].Coefficient + coefficient);
            }
        }

        return new([.. terms]);
    }

    /// <summary>The difference of both.</summary>
    public static Sum operator -(Sum left, Sum right) => left + (-1 * right);

    /// <summary>All coefficients, scaled.</summary>
    public static Sum operator *(double scale, Sum sum) => new([.. (sum._terms ?? []).Select(term => (term.Latents, scale * term.Coefficient))]);
}
