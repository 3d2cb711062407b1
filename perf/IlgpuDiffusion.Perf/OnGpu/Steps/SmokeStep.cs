using System.Diagnostics;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Perf.OnGpu.Steps;

/// <summary>One light, one portable and one tensor-core kernel, loaded as the product loads them, with all that the driver says of their code; if one does not come through, nothing else is worth its time.</summary>
internal sealed class SmokeStep() : GpuStep("smoke", "Three kernels", 30)
{
    /// <inheritdoc/>
    public override TimeSpan Patience { get; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public override double Needed => 1;

    /// <inheritdoc/>
    public override void Run(GpuBench bench)
    {
        long start = Stopwatch.GetTimestamp();
        GpuHost host = bench.Device.Host;
        bench.Say("opened in", $"{Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s");
        foreach ((string name, string text) in host.Facts())
        {
            bench.Say(name, text);
        }

        OracleDevice oracle = new();
        foreach ((string name, OpCase c) in Cases())
        {
            bench.Try(Finding.Ops, $"{bench.Fast} {c.Name}", () => OpCheck.Compare(bench, c, bench.Fast, Task.Run(() => OpCheck.Values(oracle, c, bench.Fast)), name));
        }

        bench.Try("driver", "log", () =>
        {
            foreach ((string kernel, string log) in host.DriverLogs())
            {
                bench.Say(kernel, log);
            }
        });
        bench.Say("all in", $"{Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s");
    }

    // Four channels are too few for tensor cores.
    private static IEnumerable<(string Name, OpCase Case)> Cases() =>
    [
        ("light", OpCase.Light(new Unary(Activation.Silu), new Shape(2, 5, 7, 96))),
        ("portable", OpCase.Convolution(1, 4, 16, 64)),
        ("tensor", OpCase.Linear(130, 64, 136, bias: true, residual: true)),
    ];
}
