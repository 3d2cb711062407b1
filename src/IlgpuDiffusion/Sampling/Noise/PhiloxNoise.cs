namespace IlgpuDiffusion.Sampling;

/// <summary>
/// The noise of a CUDA device as stable-diffusion-webui computes it: Philox 4x32-10 (Salmon et al., SC 2011) with one counter a value and one draw number a call,
/// then Box and Muller's sine branch in doubles, with CUDA's float32 constants.
/// </summary>
internal sealed class PhiloxNoise(ulong seed) : NoiseGenerator
{
    private const int Rounds = 10;
    private const float Scale = 2.3283064e-10f;
    private static readonly double Turn = (float)(2.3283064e-10 * 6.2831855);

    private uint _draw;

    public override void Fill(Span<float> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            (uint a, uint b) = Generate((uint)i);
            double u = (a * (double)Scale) + (Scale / 2f);
            double v = (b * Turn) + ((float)Turn / 2f);
            destination[i] = (float)(Math.Sqrt(-2 * Math.Log(u)) * Math.Sin(v));
        }

        _draw++;
    }

    private (uint First, uint Second) Generate(uint index)
    {
        (uint c0, uint c1, uint c2, uint c3) = (_draw, 0, index, 0);
        (uint k0, uint k1) = ((uint)seed, (uint)(seed >> 32));
        for (int round = 0; round < Rounds; round++)
        {
            ulong a = (ulong)c0 * 0xD2511F53u;
            ulong b = (ulong)c2 * 0xCD9E8D57u;
            (c0, c1, c2, c3) = ((uint)(b >> 32) ^ c1 ^ k0, (uint)b, (uint)(a >> 32) ^ c3 ^ k1, (uint)a);
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }

        return (c0, c1);
    }
}
