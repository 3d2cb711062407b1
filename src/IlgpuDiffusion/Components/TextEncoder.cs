using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>Prompts to text context: all chunks of all prompts in one batch, then the prompts' weights.</summary>
internal sealed class TextEncoder(ClipTextModel model, WeightStore weights, ComponentRunner runner)
{
    private readonly StoredWeights _source = new(weights);
    private readonly ExecutableCache<(int Rows, int Skip)> _cache = new(4, key => Compile(model, weights, runner, key.Rows, key.Skip));

    /// <summary>Compiles the encoder for a number of chunks.</summary>
    public Executable Executable(int chunks, int skip) => _cache.Get((chunks, skip));

    /// <summary>Packs the weights for the usual case.</summary>
    public void Load(CancellationToken cancellation) => runner.Load("text encoder", Executable(2, 0), _source, cancellation);

    /// <summary>Encodes prompts of equally many chunks, on the lane's thread.</summary>
    /// <param name="prompts">The prompts, each of n chunks.</param>
    /// <param name="skip">Layers left out at the end.</param>
    /// <param name="emphasis">How weights are applied.</param>
    /// <param name="cancellation">Observed between work items.</param>
    /// <returns>[prompts, 1, 77·n, C].</returns>
    public float[] Encode(IReadOnlyList<PromptTokens> prompts, int skip, Emphasis emphasis, CancellationToken cancellation)
    {
        Executable executable = Executable(prompts.Sum(prompt => prompt.Chunks.Count), skip);
        runner.Load("text encoder", executable, _source, cancellation);
        using Run run = Run.Begin(executable, runner.Lane);
        run.Set<int>("ids", [.. prompts.SelectMany(prompt => prompt.Ids())]);
        run.Prepare(cancellation);
        float[] states = run.Read();
        int size = states.Length / prompts.Count;
        for (int i = 0; i < prompts.Count; i++)
        {
            PromptWeighting.Apply(states.AsSpan(i * size, size), prompts[i], emphasis);
        }

        return states;
    }

    private static Executable Compile(ClipTextModel model, WeightStore weights, ComponentRunner runner, int rows, int skip)
    {
        Graph graph = new();
        Value ids = graph.Input("ids", new TensorType(new Shape(rows, 1, ClipTokenizer.ContextLength, 1), ElementType.I32), Stage.Request);
        ClipTextStates states = model.Build(new ModelBuilder(graph, weights), ids);
        return runner.Compile([new Variant(skip == 0 ? states.Last : states.Skip(skip))]);
    }
}
