using System.Diagnostics;
using System.Globalization;

namespace IlgpuDiffusion.Perf;

/// <summary>perf/peers/torch_peer.py in a process of its own, which evaluates when it is told to and says how long it took.</summary>
internal sealed class TorchPeer : IDisposable
{
    private readonly Process _process;

    public TorchPeer(string python, int threads, bool stock)
    {
        ProcessStartInfo start = new(python) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(Checkout.Peers, "torch_peer.py"));
        start.ArgumentList.Add("--threads");
        start.ArgumentList.Add(threads.ToString(CultureInfo.InvariantCulture));
        if (stock)
        {
            start.ArgumentList.Add("--stock");
        }

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
            ?? throw new InvalidOperationException("The torch peer ended; its message is above. It needs Debian's python3-torch (choose the interpreter with --python), or leave it out with --no-torch.");
        return line.StartsWith(answer + " ", StringComparison.Ordinal) ? line[(answer.Length + 1)..] : throw new InvalidOperationException($"The torch peer answered: {line}");
    }
}
