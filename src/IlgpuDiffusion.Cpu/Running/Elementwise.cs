using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cpu;

/// <summary>A function of up to five numbers, as a type argument.</summary>
internal interface IElementMap
{
    /// <summary>How many of the arguments it takes; the others hold the first.</summary>
    static abstract int Arity { get; }

    TVector Apply<TSimd, TVector>(TVector a, TVector b, TVector c, TVector d, TVector e)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct;
}

/// <summary>One function of all elements of broadcast operands.</summary>
internal sealed unsafe class Elementwise<TMap> : ParallelLaunch
    where TMap : struct, IElementMap
{
    private const int Chunk = 16384;

    private readonly TMap _map;
    private readonly LineOperand[] _operands;
    private readonly LineWalk _walk;
    private readonly int _output;
    private readonly int _chunksPerLine;
    private readonly int _linesPerTask;

    private Elementwise(WorkerPool pool, string path, Place[] places, TMap map, LineOperand[] operands, LineWalk walk)
        : base(pool, path, places, Tasks(walk))
    {
        (_map, _operands, _walk, _output) = (map, operands, walk, places.Length - 1);
        _chunksPerLine = (walk.Length + Chunk - 1) / Chunk;
        _linesPerTask = Math.Max(1, Chunk / walk.Length);
    }

    /// <summary>The kernel; the result is the last place.</summary>
    public static Prepared Prepare(WorkerPool pool, TMap map, Shape result, Work work, params LineOperand[] operands) =>
        new CpuPrepared(work, (places, path) =>
        {
            (Shape, int)[] strides = [.. operands.Select(o => (o.Shape, places[o.Place].RowStride)), (result, places[^1].RowStride)];
            return new Elementwise<TMap>(pool, path, places, map, operands, new LineWalk(result, strides));
        });

    /// <inheritdoc/>
    protected override void Execute(int task, byte* scratch)
    {
        if (_walk.Length > Chunk)
        {
            int start = task % _chunksPerLine * Chunk;
            Line(task / _chunksPerLine, start, Math.Min(Chunk, _walk.Length - start));
            return;
        }

        int end = Math.Min(_walk.Count, (task + 1) * _linesPerTask);
        for (int line = task * _linesPerTask; line < end; line++)
        {
            Line(line, 0, _walk.Length);
        }
    }

    private static int Tasks(LineWalk walk)
    {
        int lines = Math.Max(1, Chunk / walk.Length);
        return walk.Length > Chunk ? checked(walk.Count * ((walk.Length + Chunk - 1) / Chunk)) : (walk.Count + lines - 1) / lines;
    }

    private void Line(int line, int start, int count)
    {
        LineArguments arguments = default;
        arguments.Y = Floats(_output) + _walk.Offset(_operands.Length, line) + start;
        arguments.A = Argument(0, line, start, out arguments.StepA);
        if (TMap.Arity > 1)
        {
            arguments.B = Argument(1, line, start, out arguments.StepB);
        }

        if (TMap.Arity > 2)
        {
            arguments.C = Argument(2, line, start, out arguments.StepC);
        }

        if (TMap.Arity > 3)
        {
            arguments.D = Argument(3, line, start, out arguments.StepD);
            arguments.E = Argument(4, line, start, out arguments.StepE);
        }

        switch (Simd.Level)
        {
            case SimdLevel.Vector512:
                Line<Simd512, Vector512<float>>(_map, &arguments, count);
                break;
            case SimdLevel.Vector256:
                Line<Simd256, Vector256<float>>(_map, &arguments, count);
                break;
            case SimdLevel.Vector128:
                Line<Simd128, Vector128<float>>(_map, &arguments, count);
                break;
            default:
                Line<SimdScalar, float>(_map, &arguments, count);
                break;
        }
    }

    private float* Argument(int index, int line, int start, out nint step)
    {
        ref readonly LineOperand operand = ref _operands[index];
        step = _walk.Step(index);
        return Floats(operand.Place) + operand.Offset + _walk.Offset(index, line) + (step * start);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Line<TSimd, TVector>(TMap map, LineArguments* at, nint count)
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
    {
        float* pa = at->A, pb = at->B, pc = at->C, pd = at->D, pe = at->E, y = at->Y;
        nint sa = at->StepA, sb = at->StepB, sc = at->StepC, sd = at->StepD, se = at->StepE;
        TVector a = TSimd.Create(*pa);
        TVector b = TMap.Arity > 1 ? TSimd.Create(*pb) : a;
        TVector c = TMap.Arity > 2 ? TSimd.Create(*pc) : a;
        TVector d = TMap.Arity > 3 ? TSimd.Create(*pd) : a;
        TVector e = TMap.Arity > 3 ? TSimd.Create(*pe) : a;
        nint i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
        {
            a = sa == 0 ? a : TSimd.Load(pa + i);
            b = TMap.Arity <= 1 ? a : sb == 0 ? b : TSimd.Load(pb + i);
            c = TMap.Arity <= 2 ? a : sc == 0 ? c : TSimd.Load(pc + i);
            d = TMap.Arity <= 3 ? a : sd == 0 ? d : TSimd.Load(pd + i);
            e = TMap.Arity <= 3 ? a : se == 0 ? e : TSimd.Load(pe + i);
            TSimd.Store(y + i, map.Apply<TSimd, TVector>(a, b, c, d, e));
        }

        for (; i < count; i++)
        {
            float x = pa[i * sa];
            y[i] = map.Apply<SimdScalar, float>(
                x,
                TMap.Arity > 1 ? pb[i * sb] : x,
                TMap.Arity > 2 ? pc[i * sc] : x,
                TMap.Arity > 3 ? pd[i * sd] : x,
                TMap.Arity > 3 ? pe[i * se] : x);
        }
    }

    private struct LineArguments
    {
        public float* A;
        public float* B;
        public float* C;
        public float* D;
        public float* E;
        public float* Y;
        public nint StepA;
        public nint StepB;
        public nint StepC;
        public nint StepD;
        public nint StepE;
    }
}
