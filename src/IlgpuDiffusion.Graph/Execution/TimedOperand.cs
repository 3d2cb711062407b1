using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Graphs.Execution;

/// <summary>Operands with which a launch can be timed: numbers near 0, and tables whose entries point into what they are about.</summary>
internal static class TimedOperand
{
    // What is larger repeats itself.
    private const int MostNumbers = 1 << 20;

    /// <summary>The bytes of an input, or the begin of bytes that repeat, or none for an input of zeros.</summary>
    public static byte[] Fill(Op op, int input, TensorType[] inputs)
    {
        TensorType type = inputs[input];
        if (type.Type == ElementType.F32 && type.Layout is null)
        {
            float[] numbers = new float[Math.Min(type.Shape.Count, MostNumbers)];
            Random random = new(input);
            for (int i = 0; i < numbers.Length; i++)
            {
                numbers[i] = random.NextSingle() - 0.5f;
            }

            return MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
        }

        return type.Type == ElementType.I32 ? MemoryMarshal.AsBytes(Table(op, input, inputs).AsSpan()).ToArray() : [];
    }

    private static int[] Table(Op op, int input, TensorType[] inputs)
    {
        TensorType type = inputs[input];
        int[] numbers = new int[type.Shape.Count];
        switch (op)
        {
            case Attention attention:
                Shape grid = inputs[GridOf(attention, input)].Shape;
                Rectangles(numbers, grid.Height, grid.Width);
                break;
            case MatchTokens:
                int step = inputs[0].Shape.Tokens / numbers.Length;
                for (int i = 0; i < numbers.Length; i++)
                {
                    numbers[i] = i * step;
                }

                break;
            case MergeTokens or UnmergeTokens:
                Matching(numbers, type.Shape.Batch, op is MergeTokens merge ? merge.Groups : inputs[0].Shape.Width);
                break;
        }

        return numbers;
    }

    private static int GridOf(Attention attention, int input)
    {
        for (int i = 0; i < attention.Segments.Count; i++)
        {
            if (attention.OperandsOf(i).Bounds == input)
            {
                return attention.OperandsOf(i).Keys;
            }
        }

        return 0;
    }

    // All of the grid, in rows and columns of tiles that are as square as their number lets them be.
    private static void Rectangles(Span<int> numbers, int height, int width)
    {
        int tiles = numbers.Length / 4;
        double Stretch(int rows) => Math.Abs(Math.Log((double)height / rows * (tiles / rows) / width));
        int rows = Enumerable.Range(1, tiles).Where(n => tiles % n == 0).MinBy(Stretch), columns = tiles / rows;
        for (int tile = 0; tile < tiles; tile++)
        {
            (int y, int x) = Math.DivRem(tile, columns);
            numbers[4 * tile] = y * height / rows;
            numbers[(4 * tile) + 1] = (y + 1) * height / rows;
            numbers[(4 * tile) + 2] = x * width / columns;
            numbers[(4 * tile) + 3] = (x + 1) * width / columns;
        }
    }

    // Tokens in pairs, as far as there are groups for.
    private static void Matching(Span<int> numbers, int batch, int groups)
    {
        int tokens = numbers.Length / 3 / batch;
        for (int i = 0; i < batch * tokens; i++)
        {
            int token = i % tokens;
            numbers[(3 * i) + MatchTokens.Groups] = Math.Min(token, groups - 1);
            numbers[(3 * i) + MatchTokens.Members] = token;
            numbers[(3 * i) + MatchTokens.Starts] = token < groups ? token : tokens;
        }
    }
}
