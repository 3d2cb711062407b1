using ILGPU;
using ILGPU.Runtime;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using ProductLauncher = System.Action<
    ILGPU.Runtime.AcceleratorStream,
    ILGPU.KernelConfig,
    IlgpuDiffusion.Gpu.GemmShape,
    ILGPU.ArrayView<IlgpuDiffusion.Gpu.U4>,
    ILGPU.ArrayView<IlgpuDiffusion.Gpu.U4>,
    IlgpuDiffusion.Gpu.GemmExtras,
    ILGPU.ArrayView<uint>>;

namespace IlgpuDiffusion.Gpu;

/// <summary>An attention of wide heads with its operands: for each head, and some queries at a time, scores by a product, weights, results by another product.</summary>
internal sealed class MaterializedAttentionLaunch : GpuLaunch
{
    private const double Log2E = 1.4426950408889634;
    private static readonly GroupForm Product = GemmTile.Form(TileChoice.Narrow, eightWarps: false);
    private static readonly GroupForm Softmax = new(SoftmaxRows.Threads, SoftmaxRows.GroupsPerProcessor, 0);

    private readonly TensorType[] _types;
    private readonly MaterializedScores _memory;
    private readonly int _heads;
    private readonly SoftmaxShape _softmax;
    private readonly TransposeShape _transpose;
    private readonly Kernels _kernels;
    private readonly Action<AcceleratorStream, KernelConfig, TransposeShape, ArrayView<U4>, ArrayView<U4>> _turn;

    public MaterializedAttentionLaunch(GpuHost host, Place[] places, string path, Attention op, TensorType[] types, MaterializedScores memory)
        : base(host, places, path)
    {
        (_types, _heads, _memory) = (types, op.Heads, memory);
        int keys = types[1].Shape.Tokens;
        _softmax = new() { Keys = keys, Fours = _memory.Columns / 4, Scale = (float)(op.Scale * Log2E) };
        _transpose = new() { Rows = keys, Chunks = _memory.Width / 8, Stride = Stride(2) / 8, ResultStride = _memory.Columns / 8 };
        _kernels = host.WithTensorCores(types[0].Type, new Loader(host));
        _turn = host.Load<TransposeShape, ArrayView<U4>, ArrayView<U4>>(TransposeKernel.Run);
    }

    /// <inheritdoc/>
    protected override void Start()
    {
        (Shape q, Shape k) = (_types[0].Shape, _types[1].Shape);
        int sharing = q.Batch / k.Batch;
        nint scratch = Address(4);
        ArrayView<U4> turned = Host.View<U4>(scratch + (nint)_memory.Values, (long)_memory.Width * _memory.Columns / 8);
        for (int keys = 0; keys < k.Batch; keys++)
        {
            for (int head = 0; head < _heads; head++)
            {
                _turn(Host.Stream, Host.Items(TransposeKernel.Items(k.Tokens, _transpose.Chunks)), _transpose, Rows(2, keys * k.Tokens, k.Tokens, head), turned);
                for (int image = keys * sharing; image < (keys + 1) * sharing; image++)
                {
                    for (int first = 0; first < q.Tokens; first += _memory.Queries)
                    {
                        Some(scratch, turned, Rows(1, keys * k.Tokens, k.Tokens, head), (image * q.Tokens) + first, Math.Min(_memory.Queries, q.Tokens - first), head);
                    }
                }
            }
        }
    }

    // Some rows of queries of an image.
    private void Some(nint scratch, ArrayView<U4> values, ArrayView<U4> keys, int row, int rows, int head)
    {
        ArrayView<uint> scores = Host.View<uint>(scratch, (long)rows * _memory.Columns);
        ArrayView<U4> weights = Host.View<U4>(scratch + (nint)_memory.Weights, (long)rows * _memory.Columns / 8);
        Multiply(_kernels.Scores, rows, _softmax.Keys, _memory.Width, Rows(0, row, rows, head), Stride(0), keys, Stride(1), scores, _memory.Columns);
        _kernels.Softmax(Host.Stream, Host.Groups(new Index3D(rows, 1, 1), Softmax), _softmax, scores.Cast<F4>(), weights.Cast<U2>());
        Multiply(_kernels.Results, rows, _memory.Width, _softmax.Keys, weights, _memory.Columns, values, _memory.Columns, Rows(3, row, rows, head).Cast<uint>(), Stride(3));
    }

    private void Multiply(ProductLauncher kernel, int m, int n, int k, ArrayView<U4> a, int strideA, ArrayView<U4> w, int strideW, ArrayView<uint> result, int strideC)
    {
        GemmShape shape = new()
        {
            M = m,
            N = n,
            K = k,
            StrideA = strideA / 8,
            StrideW = strideW / 8,
            StrideC = strideC,
            Fours = strideC % 4 == 0 ? 1 : 0,
            TilesM = (m + GemmTile.Rows - 1) / GemmTile.Rows,
            TilesN = (n + TileChoice.Narrow - 1) / TileChoice.Narrow,
        };
        ArrayView<float> none = result.Cast<float>();
        kernel(Host.Stream, Host.Groups(new Index3D(shape.TilesM * shape.TilesN, 1, 1), Product), shape, a, w, new() { Bias = none, RowBias = none, Residual = result }, result);
    }

    // A head's columns of some rows of an operand (the result is operand 3).
    private ArrayView<U4> Rows(int operand, int row, int rows, int head)
    {
        int stride = Stride(operand);
        return Host.View<U4>(Address(operand) + (nint)(2 * (((long)row * stride) + (head * _memory.Width))), ((((long)rows - 1) * stride) + _memory.Width) / 8);
    }

    private sealed record Kernels(ProductLauncher Scores, Action<AcceleratorStream, KernelConfig, SoftmaxShape, ArrayView<F4>, ArrayView<U2>> Softmax, ProductLauncher Results);

    private sealed class Loader(GpuHost host) : ITensorUser<Kernels>
    {
        public Kernels Use<TCores, TNumber>()
            where TCores : struct, ITensorCores
            where TNumber : struct, INumber16 =>
            new(
                host.Load<ProductLauncher>(GemmKernel.Dense<TCores, WarpTile64, Output32>, Product),
                host.Load<Action<AcceleratorStream, KernelConfig, SoftmaxShape, ArrayView<F4>, ArrayView<U2>>>(SoftmaxRows.Run<TCores>, Softmax),
                host.Load<ProductLauncher>(GemmKernel.Dense<TCores, WarpTile64, Output16<TNumber>>, Product));
    }
}
