using System.CommandLine;

namespace IlgpuDiffusion.Perf;

/// <summary>The programs that an evaluation of a network is held against, in turns with ours.</summary>
internal sealed class Peers : IDisposable
{
    private const string Torch = "torch";
    private const string None = "none";

    private readonly string _python;

    private Peers(string python, IEnumerable<string> names, int threads, bool stock)
    {
        _python = python;
        All = [.. names.Where(n => n != None).Select(n => n == Torch ? Peer.Torch(python, threads, stock) : Peer.Runtime(n, threads))];
    }

    /// <summary>Those that take part.</summary>
    public IReadOnlyList<Peer> All { get; }

    /// <summary>Which take part.</summary>
    public static Option<string[]> Option()
    {
        Option<string[]> option = new("--peers") { Description = "What ours is held against, any of torch (Debian's), libtorch, onnx; or none.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [Torch, "libtorch", "onnx"] };
        return option.AcceptOnlyFromAmong(Torch, "libtorch", "onnx", None);
    }

    /// <summary>Starts them.</summary>
    public static Peers Start(string python, IEnumerable<string> names, int threads, bool stock = false) => new(python, names, threads, stock);

    /// <summary>Makes a network ready in all of them.</summary>
    /// <param name="kind">unet, vae or text.</param>
    /// <param name="model">A name that torch_weights.py knows, or a folder.</param>
    /// <param name="sizes">As in torch_peer.py.</param>
    /// <param name="torchOptions">What else Debian's torch is told.</param>
    public void Prepare(string kind, string model, string sizes, string torchOptions = "")
    {
        foreach (Peer peer in All)
        {
            peer.Prepare(peer.Name == Torch ? $"{kind} {model} {sizes} {torchOptions}" : $"{kind} {ExportedNetworks.Path(_python, kind, model, sizes)}");
            peer.ForgetPeak();
        }
    }

    /// <summary>Everybody once, and in every round somebody else first.</summary>
    /// <returns>Seconds of each.</returns>
    public double[] Turns(int round, Func<Peer, double> run)
    {
        double[] seconds = new double[All.Count];
        for (int i = 0; i < seconds.Length; i++)
        {
            int turn = (i + round) % seconds.Length;
            seconds[turn] = run(All[turn]);
        }

        return seconds;
    }

    public void Dispose()
    {
        foreach (Peer peer in All)
        {
            peer.Dispose();
        }
    }
}
