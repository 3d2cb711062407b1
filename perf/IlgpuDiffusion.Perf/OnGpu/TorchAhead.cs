using System.Diagnostics;
using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Perf.OnGpu.Steps;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>Has torch compile the networks that later steps measure, while earlier ones run: it takes minutes, on the processor alone.</summary>
internal sealed class TorchAhead : IDisposable
{
    private const string Cache = "TORCHINDUCTOR_CACHE_DIR";

    private readonly string _folder;
    private readonly Process? _process;

    public TorchAhead(GpuRunOptions options, IReadOnlyList<GpuStep> steps)
    {
        _folder = Path.Combine(options.Output, "torch-cache");
        string[] networks = [.. steps.OfType<NetworkStep>().Select(step => NetworkSize.Of(step.Name, options.Quick).Peer)];
        if (options.Kind != GpuKind.Cuda || options.Python.Length == 0 || networks.Length == 0)
        {
            return;
        }

        // Later processes find what it has compiled.
        Environment.SetEnvironmentVariable(Cache, _folder);
        try
        {
            _process = Process.Start(new ProcessStartInfo(options.Python, [Path.Combine(Checkout.Peers, "torch_cuda.py"), "--compile-ahead", .. networks]));
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // The steps say that there is no torch.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
        }

        _process?.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
