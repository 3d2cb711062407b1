namespace IlgpuDiffusion.Gpu.Tests.Tensor;

/// <summary>Matrices of 16-bit numbers, as kernels take them and as numbers.</summary>
/// <typeparam name="TNumber">The form of the numbers.</typeparam>
internal static class Numbers16<TNumber>
    where TNumber : struct, INumber16
{
    /// <summary>The half of the distance between 1 and the next number.</summary>
    public static double Rounding => TNumber.IsBFloat ? 1.0 / 256 : 1.0 / 2048;

    /// <summary>Numbers between −1 and 1 that 16 bits hold.</summary>
    public static float[] Random(int seed, int count)
    {
        Random random = new(seed);
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = TNumber.Low(TNumber.Pack((2 * random.NextSingle()) - 1, 0));
        }

        return numbers;
    }

    /// <summary>A matrix with rows a number of chunks apart; what lies between is NaN.</summary>
    public static U4[] Chunks(float[] numbers, int rows, int columns, int stride)
    {
        U4[] chunks = new U4[rows * stride];
        for (int row = 0; row < rows; row++)
        {
            for (int chunk = 0; chunk < stride; chunk++)
            {
                chunks[(row * stride) + chunk] = new() { X = Word(0), Y = Word(2), Z = Word(4), W = Word(6) };

                uint Word(int at) => TNumber.Pack(At(at), At(at + 1));

                float At(int at) => (chunk * 8) + at < columns ? numbers[(row * columns) + (chunk * 8) + at] : float.NaN;
            }
        }

        return chunks;
    }

    /// <summary>Numbers as words of two.</summary>
    public static uint[] Words(float[] numbers)
    {
        uint[] words = new uint[(numbers.Length + 1) / 2];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = TNumber.Pack(numbers[2 * i], (2 * i) + 1 < numbers.Length ? numbers[(2 * i) + 1] : 0);
        }

        return words;
    }

    /// <summary>The numbers of words of two.</summary>
    public static float[] Numbers(uint[] words, int count) => [.. Enumerable.Range(0, count).Select(i => i % 2 == 0 ? TNumber.Low(words[i / 2]) : TNumber.High(words[i / 2]))];
}
