using System.Diagnostics;
using System.Globalization;

namespace IlgpuDiffusion.Perf;

/// <summary>A program of perf/peers in a process of its own, which evaluates when it is told to and says how long it took.</summary>
internal sealed class TorchPeer : IDisposable
{
    private readonly Process _process;

    /// <summary>perf/peers/torch_peer.py: torch on the processor.</summary>
    public TorchPeer(string python, int threads, bool stock)
        : this(python, "torch_peer.py", ["--threads", threads.ToString(CultureInfo.InvariantCulture), .. stock ? ["--stock"] : (string[])[]])
    {
    }

    /// <summary>A program of perf/peers.</summary>
    public TorchPeer(string python, string program, IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new(python, [Path.Combine(Checkout.Peers, program), .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        _process = Process.Start(start) ?? throw new InvalidOperationException($"'{python}' did not start.");
        try
        {
            Banner = Expect("ok");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Versions, threads and kernels, as the peer says them.</summary>
    public string Banner { get; }

    /// <summary>Makes a network ready and gives the peer's answer; its documentation lists the words.</summary>
    public string Prepare(string words) => Ask("prepare " + words, "ok");

    /// <summary>Frees what was made ready.</summary>
    public void Drop(string network) => Ask("drop " + network, "ok");

    /// <summary>One evaluation, in seconds.</summary>
    public double Run(string network)
    {
        double seconds = double.Parse(Ask("run " + network, "seconds"), CultureInfo.InvariantCulture);

        // Its OpenMP threads spin for some milliseconds after the last loop and would take a core from what is measured next.
        Thread.Sleep(50);
        return seconds;
    }

    /// <summary>The median time of one call of what was made ready, called again and again for so many seconds; for torch_cuda.py.</summary>
    public double Time(string kind, double seconds) =>
        double.Parse(Ask(string.Create(CultureInfo.InvariantCulture, $"time {kind} {seconds:F2}"), "seconds").Split(' ')[0], CultureInfo.InvariantCulture);

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
            {
                _process.Kill();
            }
        }

        _process.Dispose();
    }

    private string Ask(string command, string answer)
    {
        _process.StandardInput.WriteLine(command);
        _process.StandardInput.Flush();
        return Expect(answer);
    }

    private string Expect(string answer)
    {
        string line = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException("The torch peer ended; its message is above. It needs torch (on the processor Debian's python3-torch; choose the interpreter with --python), or leave it out with --no-torch.");
        return line.StartsWith(answer + " ", StringComparison.Ordinal) ? line[(answer.Length + 1)..] : throw new InvalidOperationException($"The torch peer answered: {line}");
    }
}
