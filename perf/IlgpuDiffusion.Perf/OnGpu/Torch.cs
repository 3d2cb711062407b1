using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>torch_cuda.py beside a step; it starts and makes ready on another thread. Where it does not run, what it would have been asked is left out.</summary>
internal sealed class Torch : IDisposable
{
    private const double Turn = 0.4;

    private readonly Task<Peer>? _starting;
    private bool _said;

    /// <param name="bench">The run.</param>
    /// <param name="prepare">What to make ready at once, or null.</param>
    public Torch(GpuBench bench, string? prepare = null)
    {
        if (bench.Options.Python.Length == 0)
        {
            bench.Say("torch", "left out");
            return;
        }

        // On the processor its numbers say nothing; f32 is what every torch has there.
        string[] arguments = bench.Options.Kind == GpuKind.Cuda ? ["--device", "cuda", "--type", bench.Fast == ElementType.BF16 ? "bf16" : "f32"] : ["--device", "cpu", "--type", "f32"];
        _starting = Task.Run(() =>
        {
            Peer peer = Peer.Python("torch", bench.Options.Python, "torch_cuda.py", arguments);
            if (prepare is not null)
            {
                peer.Prepare(prepare);
            }

            return peer;
        });
    }

    /// <summary>The peer when it is ready, or null; says once which it is, or why there is none.</summary>
    public Peer? Wait(GpuBench bench)
    {
        if (_starting is null)
        {
            return null;
        }

        try
        {
            Peer peer = _starting.GetAwaiter().GetResult();
            if (!_said)
            {
                bench.Say("torch", peer.Banner);
                _said = true;
            }

            return peer;
        }
        catch (Exception e) when (e is InvalidOperationException or IOException or System.ComponentModel.Win32Exception)
        {
            if (!_said)
            {
                bench.Fail("", "torch", e.Message);
                _said = true;
            }

            return null;
        }
    }

    /// <summary>Ours and torch's in turns.</summary>
    /// <param name="bench">The run.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="kind">What it has ready.</param>
    /// <param name="ours">Measures ours, in seconds.</param>
    /// <returns>The medians.</returns>
    public static (double Ours, double Theirs) Turns(GpuBench bench, Peer peer, string kind, Func<double> ours)
    {
        List<double> mine = [], theirs = [];
        for (int round = 0; round < (bench.Quick ? 1 : 3); round++)
        {
            mine.Add(ours());
            theirs.Add(peer.Time(kind, bench.Quick ? 0.05 : Turn));
        }

        return (Statistics.Median(mine), Statistics.Median(theirs));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_starting is { IsCompletedSuccessfully: true })
        {
            _starting.Result.Dispose();
        }
    }
}
