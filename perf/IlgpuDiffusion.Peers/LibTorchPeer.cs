using TorchSharp;

namespace IlgpuDiffusion.Peers;

/// <summary>libtorch 2 through TorchSharp.</summary>
internal sealed class LibTorchPeer : IPeerRuntime
{
    private readonly int _threads;

    public LibTorchPeer(int threads)
    {
        _threads = threads;
        OlderLibraries.Allow();
        torch.set_num_threads(threads);
    }

    public string Banner => $"libtorch {torch.__version__}, channels last, scaled_dot_product_attention; threads {_threads}";

    public IPeerNetwork Load(ExportedNetwork network) => new Network(network);

    private sealed class Network(ExportedNetwork network) : IPeerNetwork
    {
        private readonly torch.jit.ScriptModule _module = Module(network.Path + ".pt");
        private readonly object[] _inputs = [.. network.Inputs.Select(i => i.IsFloat ? torch.tensor(i.Floats, i.Shape) : torch.tensor(i.Longs, i.Shape))];

        public float[] Run(bool read)
        {
            using IDisposable inference = torch.inference_mode();
            using torch.Tensor result = (torch.Tensor)_module.call(_inputs);
            return read ? result.contiguous().data<float>().ToArray() : [];
        }

        public void Dispose()
        {
            foreach (torch.Tensor input in _inputs.Cast<torch.Tensor>())
            {
                input.Dispose();
            }

            _module.Dispose();
        }

        private static torch.jit.ScriptModule Module(string file)
        {
            torch.jit.ScriptModule module = torch.jit.load(file);
            module.eval();
            return module;
        }
    }
}
