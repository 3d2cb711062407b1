using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>Attention of the models' layers.</summary>
internal sealed class AttentionStep() : GpuStep("attention", "Attention", 60)
{
    private const string Table = "attention";

    // Batch, heads, queries, keys, width; the first is the one that targets name.
    private static readonly (string Model, int Batch, int Heads, int Queries, int Keys, int Width)[] Layers =
    [
        ("target", 2, 24, 4096, 4096, 64), ("SDXL", 2, 10, 4096, 4096, 64), ("SDXL", 2, 20, 1024, 1024, 64), ("SD 1.5", 2, 8, 4096, 4096, 40), ("SD 1.5", 2, 8, 1024, 1024, 80),
        ("SD 1.5", 2, 8, 256, 256, 160), ("SD3", 2, 24, 4608, 4608, 64), ("FLUX", 1, 24, 4608, 4608, 128), ("SDXL, text", 2, 10, 4096, 77, 64), ("SD 1.5, text", 2, 8, 4096, 77, 40),
        ("VAE", 1, 1, 4096, 4096, 512),
    ];

    /// <inheritdoc/>
    public override TimeSpan Patience { get; } = TimeSpan.FromSeconds(40);

    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        foreach ((string model, int batch, int heads, int queries, int keys, int width) in bench.Quick ? Layers.Select(l => l with { Batch = 1, Heads = 1, Queries = 65, Keys = Math.Min(l.Keys, 77) }) : Layers)
        {
            bench.Try(Table, model, () =>
            {
                OpCase c = OpCase.Attention(batch, heads, queries, keys, width);
                using OpRig rig = new(bench.Device, c.Op, c.Operands(bench.Fast));
                double seconds = rig.Seconds(bench.Timer), rate = rig.Work.Flops / seconds;
                bench.Row(Table, $"{model}, {bench.Fast} {c.Name}", new() { ["µs"] = seconds * 1e6, ["TFLOP/s"] = rate / 1e12 }, rig.Kernel);
                if (model == "target" && bench.Fast == ElementType.BF16 && !bench.Quick)
                {
                    bench.Measure("attention.bf16", rate / 1e12);
                }
            });
        }

        bench.Say("clocks", GpuClocks.Read() ?? "not to be read");
    }
}
