namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>Convolutions of the models' layers, each beside the matrix product of as many rows, inputs and outputs.</summary>
internal sealed class ConvolutionStep() : GpuStep("conv", "Convolutions", 90)
{
    private const string Table = "convolution";

    // Batch, inputs, side, outputs, doubled.
    private static readonly (string Model, int Batch, int Inputs, int Side, int Outputs, bool Doubled)[] Layers =
    [
        ("SDXL", 2, 1280, 32, 1280, false), ("SDXL", 2, 640, 64, 640, false), ("SDXL", 2, 320, 128, 320, false), ("SDXL", 2, 1280, 32, 1280, true),
        ("SD 1.5", 2, 320, 64, 320, false), ("SD 1.5", 2, 640, 32, 640, false), ("SD 1.5", 2, 1280, 16, 1280, false), ("SD 1.5", 2, 1280, 8, 1280, false), ("SD 1.5", 2, 1280, 16, 1280, true),
        ("VAE", 1, 512, 64, 512, false), ("VAE", 1, 512, 128, 512, false), ("VAE", 1, 256, 256, 256, false), ("VAE", 1, 128, 512, 128, false), ("VAE", 1, 256, 256, 256, true),
        ("SD 1.5, first", 2, 4, 64, 320, false), ("SD 1.5, last", 2, 320, 64, 4, false), ("VAE, last", 1, 128, 512, 3, false),
    ];

    /// <inheritdoc/>
    public override TimeSpan Patience { get; } = TimeSpan.FromSeconds(40);

    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        foreach ((string model, int batch, int inputs, int side, int outputs, bool doubled) in bench.Quick ? Layers.Take(1).Select(l => l with { Inputs = 32, Side = 8, Outputs = 40 }) : Layers)
        {
            bench.Try(Table, $"{model} {inputs}→{outputs} at {side}²", () =>
            {
                OpCase convolution = OpCase.Convolution(batch, inputs, side, outputs, doubled: doubled);
                (double seconds, double flops, string kernel) = Measure(bench, convolution);
                int rows = batch * side * side * (doubled ? 4 : 1);
                double product = Measure(bench, OpCase.Linear(rows, 9 * inputs, outputs, bias: true)).Seconds;
                bench.Row(Table, $"{model} {bench.Fast} {convolution.Name}", new() { ["µs"] = seconds * 1e6, ["TFLOP/s"] = flops / seconds / 1e12, ["of the equal product"] = product / seconds }, kernel);
            });
        }

        bench.Say("clocks", GpuClocks.Read() ?? "not to be read");
    }

    private static (double Seconds, double Flops, string Kernel) Measure(GpuBench bench, OpCase c)
    {
        using OpRig rig = new(bench.Device, c.Op, c.Operands(bench.Fast));
        return (rig.Seconds(bench.Timer), rig.Work.Flops, rig.Kernel);
    }
}
