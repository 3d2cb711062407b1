using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>Matrix products: large squares, and the shapes of SDXL and SD 1.5.</summary>
internal sealed class GemmStep() : GpuStep("gemm", "Matrix products", 90)
{
    /// <summary>The square that targets name.</summary>
    public const int Square = 8192;

    private const string Table = "product";

    // Rows, inputs, outputs, gated: the layers that most of the time goes to (2 rows of latents).
    private static readonly (string Model, int Rows, int Inputs, int Outputs, bool Gated)[] Layers =
    [
        ("SDXL", 2048, 1280, 1280, false), ("SDXL", 2048, 1280, 3840, false), ("SDXL", 2048, 1280, 10240, true), ("SDXL", 2048, 5120, 1280, false),
        ("SDXL", 8192, 640, 640, false), ("SDXL", 8192, 640, 5120, true), ("SDXL", 8192, 2560, 640, false),
        ("SD 1.5", 8192, 320, 320, false), ("SD 1.5", 8192, 320, 960, false), ("SD 1.5", 8192, 320, 2560, true), ("SD 1.5", 8192, 1280, 320, false), ("SD 1.5", 2048, 640, 640, false),
        ("SD 1.5", 512, 1280, 1280, false), ("SD 1.5", 128, 1280, 1280, false), ("SD 1.5", 154, 768, 640, false),
    ];

    /// <inheritdoc/>
    public override TimeSpan Patience { get; } = TimeSpan.FromSeconds(40);

    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        int square = bench.Quick ? 64 : Square;
        foreach (ElementType type in bench.Types.Where(t => t != ElementType.F32).Reverse())
        {
            bench.Try(Table, $"{type} square", () =>
            {
                double rate = Measure(bench, "", OpCase.Linear(square, square, square), type);
                if (type == ElementType.BF16 && !bench.Quick)
                {
                    bench.Measure("gemm.bf16", rate / 1e12);
                }
            });
        }

        // By the shape the device takes the other of its two tiles.
        bench.Try(Table, "the other tile", () => Measure(bench, "", OpCase.Linear(square, square, square - 32), bench.Fast));
        bench.Try(Table, "f32 square", () => Measure(bench, "", OpCase.Linear(square / 2, square / 2, square / 2), ElementType.F32));
        foreach ((string model, int rows, int inputs, int outputs, bool gated) in bench.Quick ? Layers.Take(1).Select(l => (l.Model, 64, 64, 80, true)) : Layers)
        {
            bench.Try(Table, $"{model} {rows}×{inputs}→{outputs}", () => Measure(bench, model + " ", OpCase.Linear(rows, inputs, outputs, gated, bias: true), bench.Fast));
        }

        bench.Say("clocks", GpuClocks.Read() ?? "not to be read");
    }

    private static double Measure(GpuBench bench, string model, OpCase c, ElementType type)
    {
        using OpRig rig = new(bench.Device, c.Op, c.Operands(type));
        double seconds = rig.Seconds(bench.Timer), rate = rig.Work.Flops / seconds;
        bool isTiled = rig.Kernel.StartsWith("Tensor", StringComparison.Ordinal);
        GpuHost host = bench.Device.Host;
        (int rows, int outputs) = (rig.Inputs[0].Shape.Rows, rig.Inputs[1].Shape.Width);
        int columns = TileChoice.Columns(rows, outputs, host.Processors);
        bool eight = isTiled && host.EightWarps && TileChoice.HasEightWarps(rows, outputs, columns, host.Processors);
        bench.Row(
            Table,
            $"{model}{type} {c.Name}{(isTiled && !host.EightWarps ? " by four warps" : "")}",
            new() { ["µs"] = seconds * 1e6, ["TFLOP/s"] = rate / 1e12 },
            $"{rig.Kernel}{(isTiled ? $", tiles of 128×{columns} by {(eight ? "eight" : "four")} warps" : "")}");
        if (eight)
        {
            host.EightWarps = false;
            try
            {
                Measure(bench, model, c, type);
            }
            finally
            {
                host.EightWarps = true;
            }
        }

        return rate;
    }
}
