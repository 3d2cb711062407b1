using System.Diagnostics;
using System.Globalization;

namespace IlgpuDiffusion.Perf;

/// <summary>Another program in a process of its own, which evaluates when it is told to and says how long it took.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process _process;

    private Peer(string name, ProcessStartInfo start)
    {
        Name = name;
        start.RedirectStandardInput = start.RedirectStandardOutput = true;
        _process = Process.Start(start) ?? throw new InvalidOperationException($"'{start.FileName}' did not start.");
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

    /// <summary>What tables call it.</summary>
    public string Name { get; }

    /// <summary>Versions, threads and kernels, as the peer says them.</summary>
    public string Banner { get; }

    /// <summary>The most memory that its process held at once since <see cref="ForgetPeak"/>.</summary>
    public long PeakMemory => ProcessMemory.PeakOf(_process.Id);

    /// <summary>perf/peers/torch_peer.py: torch on the processor.</summary>
    public static Peer Torch(string python, int threads, bool stock) =>
        Python("torch", python, "torch_peer.py", ["--threads", threads.ToString(CultureInfo.InvariantCulture), .. stock ? ["--stock"] : (string[])[]]);

    /// <summary>A program of perf/peers.</summary>
    public static Peer Python(string name, string python, string program, IReadOnlyList<string> arguments) =>
        new(name, new ProcessStartInfo(python, [Path.Combine(Checkout.Peers, program), .. arguments]));

    /// <summary>perf/IlgpuDiffusion.Peers: a runtime that takes <see cref="ExportedNetworks"/>, onnx or libtorch.</summary>
    public static Peer Runtime(string name, int threads)
    {
        ProcessStartInfo start = ChildProcess.Of(ChildProcess.Sibling("IlgpuDiffusion.Peers", "IlgpuDiffusion.Peers.dll"), new Dictionary<string, string>(), [name, threads.ToString(CultureInfo.InvariantCulture)]);
        start.Environment["OMP_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);

        // As in torch_peer.py: glibc would give every large tensor's pages back, and torch spend its time in page faults.
        (start.Environment["MALLOC_MMAP_MAX_"], start.Environment["MALLOC_TRIM_THRESHOLD_"]) = ("0", "68719476736");
        return new Peer(name, start);
    }

    /// <summary>Makes a network ready and gives the peer's answer; its documentation lists the words.</summary>
    public string Prepare(string words) => Ask("prepare " + words, "ok");

    /// <summary>Frees what was made ready.</summary>
    public void Drop(string network) => Ask("drop " + network, "ok");

    /// <summary>Begins to look for the most memory anew.</summary>
    public void ForgetPeak() => ProcessMemory.ForgetPeak(_process.Id);

    /// <summary>One evaluation, in seconds.</summary>
    public double Run(string network)
    {
        double seconds = double.Parse(Ask("run " + network, "seconds"), CultureInfo.InvariantCulture);

        // Its threads spin for some milliseconds after the last loop and would take a core from what is measured next.
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
            ?? throw new InvalidOperationException($"The peer {Name} ended; its message is above. torch on the processor is Debian's python3-torch (choose the interpreter with --python), onnx and libtorch need a build of perf/IlgpuDiffusion.Peers; leave it out with --peers.");
        return line.StartsWith(answer + " ", StringComparison.Ordinal) ? line[(answer.Length + 1)..] : throw new InvalidOperationException($"The peer {Name} answered: {line}");
    }
}
