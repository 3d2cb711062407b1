namespace IlgpuDiffusion.Sampling;

/// <summary>MT19937 (Matsumoto and Nishimura 1998), seeded as torch's CPU generator seeds it.</summary>
internal sealed class MersenneTwister
{
    private const int Size = 624;
    private const int Shift = 397;

    private readonly uint[] _state = new uint[Size];
    private int _next = Size;

    public MersenneTwister(ulong seed)
    {
        _state[0] = (uint)seed;
        for (int i = 1; i < Size; i++)
        {
            _state[i] = (1812433253u * (_state[i - 1] ^ (_state[i - 1] >> 30))) + (uint)i;
        }
    }

    public uint Next()
    {
        if (_next == Size)
        {
            Twist();
            _next = 0;
        }

        uint y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c5680u;
        y ^= (y << 15) & 0xefc60000u;
        return y ^ (y >> 18);
    }

    /// <summary>Two draws, the first one in the upper half.</summary>
    public ulong Next64()
    {
        ulong high = Next();
        return (high << 32) | Next();
    }

    private void Twist()
    {
        for (int i = 0; i < Size; i++)
        {
            uint y = (_state[i] & 0x80000000u) | (_state[(i + 1) % Size] & 0x7fffffffu);
            _state[i] = _state[(i + Shift) % Size] ^ (y >> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0dfu);
        }
    }
}
