using ILGPU;

namespace IlgpuDiffusion.Gpu.Tensor;

/// <summary>
/// Tensor cores by plain arithmetic, for tests on a CPU: lanes lay their operands out in shared memory, meet, and each sums what it holds.
/// A launch asks for <see cref="WordsPerWarp"/> words of dynamic shared memory a warp more than the kernel does.
/// </summary>
/// <typeparam name="TNumber">The operands' numbers.</typeparam>
internal struct EmulatedTensorCores<TNumber> : ITensorCores
    where TNumber : struct, INumber16
{
    /// <summary>Words of shared memory a warp.</summary>
    public const int WordsPerWarp = Turns + 32;

    private const int WordsPerLane = 8;

    // Behind two places of what lanes exchange, of which they use one in turn: a lane may be at the next exchange before the last has read this one.
    private const int Turns = 2 * 32 * WordsPerLane;

    public static void Start() => Board()[Turns + Warp.LaneIdx] = 0;

    public static ArrayView<U4> Shared() => SharedMemory.GetDynamic<U4>();

    public static ArrayView<F2> SharedPairs() => SharedMemory.GetDynamic<F2>();

    public static ArrayView<F4> SharedFours() => SharedMemory.GetDynamic<F4>();

    public static void Copy(ArrayView<U4> shared, int to, int further, ArrayView<U4> source, int from, int bytes)
    {
        U4 chunk = default;
        if (bytes > 0)
        {
            chunk = source[from];
            chunk.X &= Mask(bytes);
            chunk.Y &= Mask(bytes - 4);
            chunk.Z &= Mask(bytes - 8);
            chunk.W &= Mask(bytes - 12);
        }

        shared[to + further] = chunk;
    }

    public static void EndBatch()
    {
    }

    public static void AwaitAllButOne()
    {
    }

    public static void AwaitAll()
    {
    }

    public static U4 Matrices(ArrayView<U4> shared, int chunk, int further)
    {
        ArrayView<uint> board = Board();
        int at = Turn(board);
        board[at + (Warp.LaneIdx * WordsPerLane)] = (uint)(chunk + further);
        Warp.Barrier();
        int word = Warp.LaneIdx & 3;
        int row = Warp.LaneIdx >> 2;
        return new()
        {
            X = Word(shared, board, at, row, word),
            Y = Word(shared, board, at, 8 + row, word),
            Z = Word(shared, board, at, 16 + row, word),
            W = Word(shared, board, at, 24 + row, word),
        };
    }

    public static U4 Transposed(ArrayView<U4> shared, int chunk, int further)
    {
        ArrayView<uint> board = Board();
        int at = Turn(board);
        board[at + (Warp.LaneIdx * WordsPerLane)] = (uint)(chunk + further);
        Warp.Barrier();
        return new()
        {
            X = Column(shared, board, at, 0),
            Y = Column(shared, board, at, 8),
            Z = Column(shared, board, at, 16),
            W = Column(shared, board, at, 24),
        };
    }

    public static F4 MultiplyAdd(F4 c, U4 a, uint b0, uint b1)
    {
        ArrayView<uint> board = Board();
        int at = Turn(board);
        int mine = at + (Warp.LaneIdx * WordsPerLane);
        board[mine] = a.X;
        board[mine + 1] = a.Y;
        board[mine + 2] = a.Z;
        board[mine + 3] = a.W;
        board[mine + 4] = b0;
        board[mine + 5] = b1;
        Warp.Barrier();
        int row = Warp.LaneIdx >> 2;
        int column = 2 * (Warp.LaneIdx & 3);
        for (int i = 0; i < 4; i++)
        {
            int left = at + (((row * 4) + i) * WordsPerLane);
            int first = at + (((column * 4) + i) * WordsPerLane) + 4;
            int second = first + (4 * WordsPerLane);
            c.X += Dot(board[left], board[first]) + Dot(board[left + 2], board[first + 1]);
            c.Y += Dot(board[left], board[second]) + Dot(board[left + 2], board[second + 1]);
            c.Z += Dot(board[left + 1], board[first]) + Dot(board[left + 3], board[first + 1]);
            c.W += Dot(board[left + 1], board[second]) + Dot(board[left + 3], board[second + 1]);
        }

        return c;
    }

    public static uint Pack(float low, float high) => TNumber.Pack(low, high);

    public static float Exp2(float x)
    {
        // 2^floor(x) by its exponent, the rest by Taylor's series: the class library's functions are not known to every backend.
        if (x < -126f)
        {
            return 0f;
        }

        float whole = MathF.Floor(MathF.Min(x, 127f));
        float t = (MathF.Min(x, 127.99f) - whole) * 0.69314718f;
        float sum = 1f + (t * (1f + (t * (0.5f + (t * (0.16666667f + (t * (0.041666668f + (t * (0.008333334f + (t * (0.0013888889f + (t * 0.0001984127f)))))))))))));
        return sum * Interop.IntAsFloat((uint)((int)whole + 127) << 23);
    }

    public static float Reciprocal(float x) => 1f / x;

    private static ArrayView<uint> Board()
    {
        ArrayView<uint> all = SharedMemory.GetDynamic<uint>();
        int warps = Group.DimX / 32;
        return all.SubView(all.IntLength - ((warps - (Group.IdxX / 32)) * WordsPerWarp), WordsPerWarp);
    }

    private static int Turn(ArrayView<uint> board)
    {
        int turn = (int)board[Turns + Warp.LaneIdx];
        board[Turns + Warp.LaneIdx] = (uint)(turn ^ 1);
        return turn * 32 * WordsPerLane;
    }

    private static uint Word(ArrayView<U4> shared, ArrayView<uint> board, int at, int row, int word)
    {
        U4 chunk = shared[(int)board[at + (row * WordsPerLane)]];
        return word == 0 ? chunk.X : word == 1 ? chunk.Y : word == 2 ? chunk.Z : chunk.W;
    }

    private static uint Column(ArrayView<U4> shared, ArrayView<uint> board, int at, int matrix)
    {
        int row = matrix + (2 * (Warp.LaneIdx & 3));
        int column = Warp.LaneIdx >> 2;
        int shift = 16 * (column & 1);
        uint first = Word(shared, board, at, row, column >> 1) >> shift;
        uint second = Word(shared, board, at, row + 1, column >> 1) >> shift;
        return (first & 0xffffu) | (second << 16);
    }

    private static float Dot(uint a, uint b) => (TNumber.Low(a) * TNumber.Low(b)) + (TNumber.High(a) * TNumber.High(b));

    private static uint Mask(int bytes) => bytes >= 4 ? uint.MaxValue : bytes <= 0 ? 0 : (1u << (8 * bytes)) - 1;
}
