using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// What kernels on tensor cores are written in, after the instructions of NVIDIA's sm_80. Kernels take an implementation as a type
/// argument, so that the choice costs nothing. All lanes of a warp call together; "chunk" is an index into memory seen as 16-byte pieces.
/// </summary>
internal interface ITensorCores
{
    /// <summary>The group's dynamic shared memory as chunks; to be called once, and what it gives passed on: ILGPU's CPU accelerator gives other memory to every call.</summary>
    static abstract ArrayView<U4> Shared();

    /// <summary>To be called once by all items of the group, before anything else is done with the memory.</summary>
    static abstract void Start(ArrayView<U4> shared);

    /// <summary>
    /// Begins to copy the first bytes (0 to 16) of a chunk to shared memory and to fill the rest of the chunk with zeros; of 0 bytes the
    /// address is not looked at (cp.async). The chunk written is <paramref name="to"/> + <paramref name="further"/>, a constant that costs nothing.
    /// </summary>
    static abstract void Copy(ArrayView<U4> shared, int to, int further, ArrayView<U4> source, int from, int bytes);

    /// <summary>Ends a batch of copies (cp.async.commit_group).</summary>
    static abstract void EndBatch(ArrayView<U4> shared);

    /// <summary>Waits for this item's batches of copies but the last one.</summary>
    static abstract void AwaitAllButOne(ArrayView<U4> shared);

    /// <summary>Waits for all this item's batches of copies; for copies that no batch ends, nothing waits.</summary>
    static abstract void AwaitAll(ArrayView<U4> shared);

    /// <summary>
    /// Four 8×8 matrices of 16-bit numbers, whose 32 rows are the chunks that the lanes name, plus a constant: lane l gets numbers 2(l%4)
    /// and +1 of row l/4 of each (ldmatrix).
    /// </summary>
    static abstract U4 Matrices(ArrayView<U4> shared, int chunk, int further);

    /// <summary>Four times the same, each a constant number of chunks further than the last, the first <paramref name="further"/> chunks.</summary>
    static abstract Quad FourMatrices(ArrayView<U4> shared, int chunk, int further, int step);

    /// <summary>Four times the same with each matrix transposed.</summary>
    static abstract Quad FourTransposed(ArrayView<U4> shared, int chunk, int further, int step);

    /// <summary>c [16, 64] + a [16, 16] · bᵀ, b four times [16, 16], summed in 32 bits (eight mma.m16n8k16).</summary>
    static abstract Row64 MultiplyAdd(ArrayView<U4> shared, Row64 c, U4 a, Quad b);

    /// <summary>c [64, 16] + a · bᵀ, a four times [16, 16], b [16, 16] (eight of them too).</summary>
    static abstract Columns16 MultiplyAdd(ArrayView<U4> shared, Columns16 c, Quad a, U4 b);

    /// <summary>c [32, 16] + a · bᵀ, a twice [16, 16], b [16, 16] (four of them).</summary>
    static abstract Block32 MultiplyAdd(ArrayView<U4> shared, Block32 c, U4 upper, U4 lower, U4 b);

    /// <summary>c [16, 16] + a · b, a [16, 64] as four times [16, 16], b [64, 16] likewise (eight again).</summary>
    static abstract Slice MultiplyAdd(ArrayView<U4> shared, Slice c, Quad a, Quad b);

    /// <summary>Two numbers, rounded to nearest, as a word of 16-bit ones.</summary>
    static abstract uint Pack(float low, float high);

    /// <summary>2^x to about 22 bits.</summary>
    static abstract float Exp2(float x);

    /// <summary>1/x to about 23 bits.</summary>
    static abstract float Reciprocal(float x);
}
