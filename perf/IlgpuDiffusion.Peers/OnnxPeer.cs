using Microsoft.ML.OnnxRuntime;

namespace IlgpuDiffusion.Peers;

/// <summary>ONNX Runtime on the processor, all of its optimisations.</summary>
internal sealed class OnnxPeer(int threads) : IPeerRuntime
{
    public string Banner => $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}, all graph optimisations, its fused attention; threads {threads}";

    public IPeerNetwork Load(ExportedNetwork network) => new Network(network, threads);

    private sealed class Network : IPeerNetwork
    {
        private readonly SessionOptions _options = new();
        private readonly InferenceSession _session;
        private readonly RunOptions _run = new();
        private readonly Dictionary<string, OrtValue> _inputs;

        public Network(ExportedNetwork network, int threads)
        {
            _options.GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL;
            _options.ExecutionMode = ExecutionMode.ORT_SEQUENTIAL;
            _options.IntraOpNumThreads = threads;
            _options.InterOpNumThreads = 1;
            _session = new InferenceSession(network.Path + ".onnx", _options);
            _inputs = network.Inputs.ToDictionary(i => i.Name, i => i.IsFloat ? OrtValue.CreateTensorValueFromMemory(i.Floats, i.Shape) : OrtValue.CreateTensorValueFromMemory(i.Longs, i.Shape));
        }

        public float[] Run(bool read)
        {
            using IDisposableReadOnlyCollection<OrtValue> results = _session.Run(_run, _inputs, ["result"]);
            return read ? results[0].GetTensorDataAsSpan<float>().ToArray() : [];
        }

        public void Dispose()
        {
            foreach (OrtValue value in _inputs.Values)
            {
                value.Dispose();
            }

            _session.Dispose();
            _run.Dispose();
            _options.Dispose();
        }
    }
}
