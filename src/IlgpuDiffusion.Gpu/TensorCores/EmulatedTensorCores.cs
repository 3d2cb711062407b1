using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// Tensor cores by plain arithmetic, for tests on a CPU: lanes lay their operands out in shared memory, meet, and each sums what it holds.
/// A launch asks for <see cref="EmulatedCopies.Words"/> of dynamic shared memory. What is copied is no number until the item that copies has waited for it.
/// </summary>
/// <typeparam name="TNumber">The operands' numbers.</typeparam>
internal struct EmulatedTensorCores<TNumber> : ITensorCores
    where TNumber : struct, INumber16
{
    private const int WordsPerLane = EmulatedCopies.LaneWords;

    // Behind two places of what lanes exchange, of which they use one in turn: a lane may be at the next exchange before the last has read this one.
    private const int Turns = EmulatedCopies.TurnsAt;

    public static ArrayView<U4> Shared() => SharedMemory.GetDynamic<U4>();

    public static void Start(ArrayView<U4> shared)
    {
        Board(shared)[Turns + Warp.LaneIdx] = 0;
        EmulatedCopies.Start(shared);
    }

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
        EmulatedCopies.Begin(shared, to + further);
    }

    public static void EndBatch(ArrayView<U4> shared) => EmulatedCopies.EndBatch(shared);

    public static void AwaitAllButOne(ArrayView<U4> shared) => EmulatedCopies.AwaitAllButOne(shared);

    public static void AwaitAll(ArrayView<U4> shared) => EmulatedCopies.AwaitAll(shared);

    public static U4 Matrices(ArrayView<U4> shared, int chunk, int further)
    {
        ArrayView<uint> board = Board(shared);
        return Rows(shared, board, Say(board, chunk), further);
    }

    public static Quad FourMatrices(ArrayView<U4> shared, int chunk, int further, int step)
    {
        ArrayView<uint> board = Board(shared);
        int at = Say(board, chunk);
        return new() { V0 = Rows(shared, board, at, further), V1 = Rows(shared, board, at, further + step), V2 = Rows(shared, board, at, further + (2 * step)), V3 = Rows(shared, board, at, further + (3 * step)) };
    }

    public static Quad FourTransposed(ArrayView<U4> shared, int chunk, int further, int step)
    {
        ArrayView<uint> board = Board(shared);
        int at = Say(board, chunk);
        return new() { V0 = Columns(shared, board, at, further), V1 = Columns(shared, board, at, further + step), V2 = Columns(shared, board, at, further + (2 * step)), V3 = Columns(shared, board, at, further + (3 * step)) };
    }

    public static Row64 MultiplyAdd(ArrayView<U4> shared, Row64 c, U4 a, Quad b)
    {
        ArrayView<uint> board = Board(shared);
        int at = Say(board, b, new Quad { V0 = a });
        c.C0 = Product(c.C0, board, at + 16, at);
        c.C1 = Product(c.C1, board, at + 16, at + 2);
        c.C2 = Product(c.C2, board, at + 16, at + 4);
        c.C3 = Product(c.C3, board, at + 16, at + 6);
        c.C4 = Product(c.C4, board, at + 16, at + 8);
        c.C5 = Product(c.C5, board, at + 16, at + 10);
        c.C6 = Product(c.C6, board, at + 16, at + 12);
        c.C7 = Product(c.C7, board, at + 16, at + 14);
        return c;
    }

    public static Columns16 MultiplyAdd(ArrayView<U4> shared, Columns16 c, Quad a, U4 b)
    {
        ArrayView<uint> board = Board(shared);
        int at = Say(board, a, new Quad { V0 = b });
        c.Upper = Product(c.Upper, board, at, at + 16);
        c.Lower = Product(c.Lower, board, at + 8, at + 16);
        return c;
    }

    public static Block32 MultiplyAdd(ArrayView<U4> shared, Block32 c, U4 upper, U4 lower, U4 b)
    {
        ArrayView<uint> board = Board(shared);
        int at = Say(board, new Quad { V0 = upper, V1 = lower }, new Quad { V0 = b });
        return Product(c, board, at, at + 16);
    }

    public static Slice MultiplyAdd(ArrayView<U4> shared, Slice c, Quad a, Quad b)
    {
        ArrayView<uint> board = Board(shared);
        int at = Say(board, a, b);
        for (int i = 0; i < 16; i += 4)
        {
            c.C0 = Product(c.C0, board, at + i, at + 16 + i);
            c.C1 = Product(c.C1, board, at + i, at + 18 + i);
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

    private static ArrayView<uint> Board(ArrayView<U4> shared) => EmulatedCopies.Board(shared, Group.IdxX);

    private static int Turn(ArrayView<uint> board)
    {
        int turn = (int)board[Turns + Warp.LaneIdx];
        board[Turns + Warp.LaneIdx] = (uint)(turn ^ 1);
        return turn * 32 * WordsPerLane;
    }

    // Tells the other lanes a chunk; the answer is where lane 0's is.
    private static int Say(ArrayView<uint> board, int chunk)
    {
        int at = Turn(board);
        board[at + (Warp.LaneIdx * WordsPerLane)] = (uint)chunk;
        Warp.Barrier();
        return at;
    }

    // Tells the other lanes 32 words.
    private static int Say(ArrayView<uint> board, Quad words, Quad more)
    {
        int at = Turn(board);
        int mine = at + (Warp.LaneIdx * WordsPerLane);
        Put(board, mine, words);
        Put(board, mine + 16, more);
        Warp.Barrier();
        return at;
    }

    private static void Put(ArrayView<uint> board, int at, Quad words)
    {
        Put(board, at, words.V0);
        Put(board, at + 4, words.V1);
        Put(board, at + 8, words.V2);
        Put(board, at + 12, words.V3);
    }

    private static void Put(ArrayView<uint> board, int at, U4 words)
    {
        board[at] = words.X;
        board[at + 1] = words.Y;
        board[at + 2] = words.Z;
        board[at + 3] = words.W;
    }

    private static U4 Rows(ArrayView<U4> shared, ArrayView<uint> board, int at, int further)
    {
        int word = Warp.LaneIdx & 3;
        int row = Warp.LaneIdx >> 2;
        return new()
        {
            X = Word(shared, board, at, row, further, word),
            Y = Word(shared, board, at, 8 + row, further, word),
            Z = Word(shared, board, at, 16 + row, further, word),
            W = Word(shared, board, at, 24 + row, further, word),
        };
    }

    private static U4 Columns(ArrayView<U4> shared, ArrayView<uint> board, int at, int further) => new()
    {
        X = Column(shared, board, at, 0, further),
        Y = Column(shared, board, at, 8, further),
        Z = Column(shared, board, at, 16, further),
        W = Column(shared, board, at, 24, further),
    };

    private static uint Word(ArrayView<U4> shared, ArrayView<uint> board, int at, int row, int further, int word)
    {
        int index = (int)board[at + (row * WordsPerLane)] + further;
        if (!EmulatedCopies.HasLanded(shared, index))
        {
            return EmulatedCopies.Poison;
        }

        U4 chunk = shared[index];
        return word == 0 ? chunk.X : word == 1 ? chunk.Y : word == 2 ? chunk.Z : chunk.W;
    }

    private static uint Column(ArrayView<U4> shared, ArrayView<uint> board, int at, int matrix, int further)
    {
        int row = matrix + (2 * (Warp.LaneIdx & 3));
        int column = Warp.LaneIdx >> 2;
        int shift = 16 * (column & 1);
        uint first = Word(shared, board, at, row, further, column >> 1) >> shift;
        uint second = Word(shared, board, at, row + 1, further, column >> 1) >> shift;
        return (first & 0xffffu) | (second << 16);
    }

    // A lane's part of 32×16 sums.
    private static Block32 Product(Block32 c, ArrayView<uint> board, int left, int right)
    {
        c.R00 = Product(c.R00, board, left, right);
        c.R01 = Product(c.R01, board, left, right + 2);
        c.R10 = Product(c.R10, board, left + 4, right);
        c.R11 = Product(c.R11, board, left + 4, right + 2);
        return c;
    }

    // A lane's part of 16×8 sums: the left operand's four words of every lane are at one place, the right one's two at another.
    private static F4 Product(F4 c, ArrayView<uint> board, int left, int right)
    {
        int row = Warp.LaneIdx >> 2;
        int column = 2 * (Warp.LaneIdx & 3);
        for (int i = 0; i < 4; i++)
        {
            int a = left + (((row * 4) + i) * WordsPerLane);
            int first = right + (((column * 4) + i) * WordsPerLane);
            int second = first + (4 * WordsPerLane);
            c.X += Dot(board[a], board[first]) + Dot(board[a + 2], board[first + 1]);
            c.Y += Dot(board[a], board[second]) + Dot(board[a + 2], board[second + 1]);
            c.Z += Dot(board[a + 1], board[first]) + Dot(board[a + 3], board[first + 1]);
            c.W += Dot(board[a + 1], board[second]) + Dot(board[a + 3], board[second + 1]);
        }

        return c;
    }

    private static float Dot(uint a, uint b) => (TNumber.Low(a) * TNumber.Low(b)) + (TNumber.High(a) * TNumber.High(b));

    private static uint Mask(int bytes) => bytes >= 4 ? uint.MaxValue : bytes <= 0 ? 0 : (1u << (8 * bytes)) - 1;
}
