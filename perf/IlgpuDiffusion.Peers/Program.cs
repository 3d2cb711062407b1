using System.Diagnostics;
using System.Globalization;
using IlgpuDiffusion.Peers;

// Networks of perf/peers/export_networks.py in other runtimes, over the line protocol of perf/peers/torch_peer.py:
//   prepare NAME PATH     loads the network, evaluates it and compares the result with torch's: `ok NAME 1.2e-6`
//   run NAME              one evaluation: `seconds 1.234`
//   drop NAME             frees it
//   quit
if (args is not [string runtimeName, string count] || !int.TryParse(count, out int threads))
{
    Console.Error.WriteLine("Usage: IlgpuDiffusion.Peers onnx|libtorch THREADS");
    return 2;
}

IPeerRuntime runtime = runtimeName == "onnx" ? new OnnxPeer(threads) : new LibTorchPeer(threads);
Dictionary<string, IPeerNetwork> networks = [];
Console.WriteLine($"ok {runtime.Banner}");
while (Console.ReadLine() is { } line && line != "quit")
{
    try
    {
        Console.WriteLine(Answer(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }
#pragma warning disable CA1031 // The harness shows it and goes on.
    catch (Exception e)
#pragma warning restore CA1031
    {
        Console.WriteLine($"error {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")}");
    }
}

return 0;

string Answer(string[] words)
{
    switch (words)
    {
        case ["prepare", string name, string path]:
            Drop(name);
            ExportedNetwork exported = new(path);
            networks[name] = runtime.Load(exported);
            return string.Create(CultureInfo.InvariantCulture, $"ok {name} {exported.Check(networks[name].Run(read: true)):G2}");
        case ["run", string name]:
            long start = Stopwatch.GetTimestamp();
            networks[name].Run(read: false);
            return string.Create(CultureInfo.InvariantCulture, $"seconds {Stopwatch.GetElapsedTime(start).TotalSeconds:F6}");
        case ["drop", string name]:
            Drop(name);
            return $"ok {name}";
        default:
            throw new ArgumentException($"unknown command {string.Join(' ', words)}");
    }
}

void Drop(string name)
{
    if (networks.Remove(name, out IPeerNetwork? old))
    {
        old.Dispose();
    }
}
