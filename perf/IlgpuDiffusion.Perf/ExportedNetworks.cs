using System.Diagnostics;

namespace IlgpuDiffusion.Perf;

/// <summary>Networks as perf/peers/export_networks.py writes them, once for each size, to artifacts/peers.</summary>
internal static class ExportedNetworks
{
    /// <summary>The files' name without its end, after writing them if they are not there or older than the scripts.</summary>
    public static string Path(string python, string kind, string model, string sizes)
    {
        string name = string.Join('-', [kind, model.Trim('/', '\\').Replace('/', '_').Replace('\\', '_'), .. sizes.Split(' ')]);
        string path = System.IO.Path.Combine(Checkout.Root, "artifacts", "peers", name), last = path + ".json";
        DateTime scripts = Directory.EnumerateFiles(Checkout.Peers, "*.py").Max(File.GetLastWriteTimeUtc);
        if (!File.Exists(last) || File.GetLastWriteTimeUtc(last) < scripts)
        {
            Console.WriteLine($"exporting {name}");
            using Process process = Process.Start(python, ["-W", "ignore", System.IO.Path.Combine(Checkout.Peers, "export_networks.py"), path, kind, model, .. sizes.Split(' ')]);
            process.WaitForExit();
            if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($"export_networks.py could not write {name}; its message is above.");
            }
        }

        return path;
    }
}
