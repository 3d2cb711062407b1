using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>Every op on ragged and on real sizes against the oracle, in each type that the device stores.</summary>
internal sealed class CorrectnessStep() : GpuStep("correct", "Ops against the oracle", 90)
{
    /// <inheritdoc/>
    public override TimeSpan Patience { get; } = TimeSpan.FromSeconds(40);

    /// <inheritdoc/>
    public override double Needed => 0.5;

    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        OracleDevice oracle = new();
        OpCase[] cases = bench.Quick ? [.. Ragged()] : [.. Ragged(), .. Real()];
        double worst = 0;
        bool complete = true;
        foreach (ElementType type in bench.Types)
        {
            // The oracle takes its time, one thread a case.
            Task<float[]>[] truths = [.. cases.Select(c => Task.Run(() => OpCheck.Values(oracle, c, type)))];
            for (int i = 0; i < cases.Length; i++)
            {
                int failures = bench.Failures;
                bench.Try(Finding.Ops, $"{type} {cases[i].Name}", () => worst = Math.Max(worst, OpCheck.Compare(bench, cases[i], type, truths[i])));
                complete &= bench.Failures == failures;
            }
        }

        bench.Measure("correct.worst", complete ? worst : double.PositiveInfinity);
    }

    private static IEnumerable<OpCase> Ragged()
    {
        yield return OpCase.Linear(65, 40, 56);
        yield return OpCase.Linear(77, 64, 72, bias: true, residual: true);
        yield return OpCase.Linear(33, 32, 80, gated: true, bias: true);
        yield return OpCase.Linear(19, 48, 24, norm: true, bias: true, batch: 2);
        yield return OpCase.Linear(7, 13, 5, bias: true);
        yield return OpCase.Convolution(2, 32, 9, 40);
        yield return OpCase.Convolution(2, 64, 10, 24, norm: true);
        yield return OpCase.Convolution(1, 32, 11, 40, stride: 2);
        yield return OpCase.Convolution(1, 48, 5, 32, doubled: true);
        yield return OpCase.Convolution(2, 4, 9, 32);
        yield return OpCase.Convolution(1, 32, 7, 3);
        yield return OpCase.Convolution(1, 40, 7, 24, kernel: 1);
        foreach (int width in (int[])[40, 64, 80, 128, 160, 512])
        {
            yield return OpCase.Attention(2, width == 512 ? 1 : 2, 65, 77, width);
        }

        yield return OpCase.Attention(1, 2, 77, 77, 64, causal: true);
        Shape x = new(2, 5, 7, 96), vector = Shape.Vector(96);
        yield return OpCase.Light(new GroupNormStatistics(32, 1e-5), x, vector, vector);
        yield return OpCase.Light(new ScaleShift(Activation.Silu), x, new Shape(2, 1, 1, 192));
        yield return OpCase.Light(new RowStatistics(1e-5), x);
        yield return OpCase.Light(new NormalizeRows(), x, x with { Channels = 2 }, vector, vector);
        yield return OpCase.Light(new LayerNorm(1e-5), x, vector, vector);
        yield return OpCase.Light(new RmsNorm(3, 1e-6), x, Shape.Vector(32));
        foreach (Activation function in (Activation[])[Activation.Silu, Activation.Gelu, Activation.QuickGelu])
        {
            yield return OpCase.Light(new Unary(function), x);
            yield return OpCase.Light(new Gated(function), x);
        }

        yield return OpCase.Light(new Affine(0.5, -0.25), x);
        yield return OpCase.Light(new Upsample(10, 14), x);
        yield return OpCase.Light(new Repeat(2), x);
        yield return OpCase.Light(new Copy(0), x);
        yield return OpCase.Light(new StandardDeviation(), x);
        yield return OpCase.Light(new Cast(ElementType.F32), x);
        foreach (BinaryKind kind in Enum.GetValues<BinaryKind>())
        {
            yield return OpCase.Pair(new Binary(kind), x, x);
            yield return OpCase.Pair(new Binary(kind), x, new Shape(2, 1, 1, 96));
        }

        yield return OpCase.Pair(new Concat(Axis.Channels), x, x with { Channels = 40 });
        yield return new OpCase("Embedding", new Embedding(), 1, type => [OpOperand.Random(Shape.Matrix(9, 40), type, 1), OpOperand.Integers(new Shape(1, 1, 4, 1), 3, 0, 8, 3)]);
        yield return new OpCase("TimestepEmbedding", new TimestepEmbedding(320, true, 0, 10000), 1, _ => [OpOperand.Random(new Shape(2, 1, 1, 1), ElementType.F32, 1, 100, 500)]);
    }

    // Small enough that the oracle is done within seconds.
    private static IEnumerable<OpCase> Real()
    {
        yield return OpCase.Linear(512, 640, 640, bias: true, residual: true);
        yield return OpCase.Linear(256, 1280, 1280, bias: true);
        yield return OpCase.Linear(128, 320, 2560, gated: true, bias: true);
        yield return OpCase.Linear(77, 768, 640, batch: 2);
        yield return OpCase.Linear(300, 5120, 160, bias: true);
        yield return OpCase.Convolution(2, 320, 16, 320, norm: true);
        yield return OpCase.Convolution(2, 1280, 8, 320);
        yield return OpCase.Convolution(1, 640, 8, 320, doubled: true);
        yield return OpCase.Convolution(1, 320, 32, 320, stride: 2);
        yield return OpCase.Convolution(2, 4, 64, 320);
        yield return OpCase.Convolution(2, 320, 64, 4);
        yield return OpCase.Attention(2, 4, 1024, 1024, 40);
        yield return OpCase.Attention(1, 4, 1024, 1024, 64);
        yield return OpCase.Attention(2, 8, 256, 256, 160);
        yield return OpCase.Attention(2, 8, 1024, 77, 40);
        yield return OpCase.Attention(1, 1, 512, 512, 512);
        yield return OpCase.Light(new GroupNormStatistics(32, 1e-5), new Shape(2, 64, 64, 320), Shape.Vector(320), Shape.Vector(320));
        foreach (int channels in (int[])[320, 640, 1280, 1536, 3072])
        {
            yield return OpCase.Light(new LayerNorm(1e-5), new Shape(1, 1, 1023, channels), Shape.Vector(channels), Shape.Vector(channels));
        }

        yield return OpCase.Light(new NormalizeRows(), new Shape(2, 64, 64, 320), new Shape(2, 64, 64, 2), Shape.Vector(320), Shape.Vector(320));
    }
}
