using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Components;

/// <summary>What the decoder's stages behind the last that needs the whole picture give and cost, from a graph of a small picture.</summary>
internal sealed class DecoderSurvey
{
    // As small as every stage can be built for; costs grow with the grid points.
    private const int Side = 4;

    private readonly List<(int Channels, int Scale, double Flops)> _ends = [];
    private readonly List<double> _norms = [];
    private readonly List<int> _normsBefore = [];
    private readonly List<bool> _normsItsInput = [];

    public DecoderSurvey(AutoencoderKl model, WeightStore weights)
    {
        Stages = model.DecoderStages;
        Head = 1 + Enumerable.Range(0, Stages.Count).Last(i => Stages[i].NeedsWhole);
        Graph graph = new();
        PartNorms norms = new(new Grid(Side, Side), new Grid(Side, Side));
        ModelBuilder whole = new(graph, weights), m = new(graph, weights, null, norms);
        Value h = graph.Input("x", new Shape(1, Side, Side, model.Config.LatentChannels), Stage.Request);
        for (int i = 0; i < Head; i++)
        {
            h = Stages[i].Build(whole, h);
        }

        int counted = graph.Nodes.Count;
        double flops = 0;
        double Flops(int node)
        {
            for (; counted <= node; counted++)
            {
                Node next = graph.Nodes[counted];
                flops += next.Op is ISource or { IsView: true } ? 0 : next.Op.Work(new Operands(next.InputTypes(), next.Outputs)).Flops / (double)(Side * Side);
            }

            return flops;
        }

        _ends.Add((h.Channels, 1, 0));
        for (int i = Head; i < Stages.Count; i++)
        {
            int before = norms.Normed.Count;
            Value input = h;
            h = Stages[i].Build(m, h);
            for (int k = before; k < norms.Normed.Count; k++)
            {
                _norms.Add(Flops(norms.Normed[k].Node));
            }

            _normsBefore.Add(before);
            _normsItsInput.Add(norms.Normed.Count > before && norms.Normed[before] == input);
            _ends.Add((h.Channels, h.Shape.Height / Side, Flops(graph.Nodes.Count - 1)));
        }

        _normsBefore.Add(norms.Normed.Count);
    }

    /// <summary>The decoder's stages.</summary>
    public IReadOnlyList<DecoderStage> Stages { get; }

    /// <summary>How many of them need the whole picture, or come before one that does.</summary>
    public int Head { get; }

    /// <summary>Boundaries that a part may begin or end at: behind the head, then behind every stage.</summary>
    public int Boundaries => _ends.Count;

    /// <summary>The channels at a boundary.</summary>
    public int Channels(int boundary) => _ends[boundary].Channels;

    /// <summary>How many times finer than the latents' the grid at a boundary is.</summary>
    public int Scale(int boundary) => _ends[boundary].Scale;

    /// <summary>Whether a part that begins at a boundary norms what enters it, so that the part before can take those sums.</summary>
    public bool NormsItsInput(int boundary) => boundary < _normsItsInput.Count && _normsItsInput[boundary];

    /// <summary>The norms of a part.</summary>
    public int Norms(int from, int to) => _normsBefore[to] - _normsBefore[from];

    /// <summary>Operations per grid point of the latents that a part takes: once to its end, and to each norm whose sums are not known yet.</summary>
    public double Flops(int from, int to)
    {
        int first = _normsBefore[from] + (NormsItsInput(from) ? 1 : 0);
        double start = _ends[from].Flops;
        return _ends[to].Flops - start + Enumerable.Range(first, Math.Max(0, _normsBefore[to] - first)).Sum(norm => _norms[norm] - start);
    }

    /// <summary>Operations per grid point of the latents of a part that is computed once.</summary>
    public double Once(int from, int to) => _ends[to].Flops - _ends[from].Flops;

    /// <summary>How many grid points at its beginning a part's result depends on beside those that it stands over, norms aside.</summary>
    public int Reach(int from, int to)
    {
        int reach = 0;
        for (int i = to - 1; i >= from; i--)
        {
            DecoderStage stage = Stages[Head + i];
            reach = (reach + stage.Reach + stage.Scale - 1) / stage.Scale;
        }

        return reach;
    }

    /// <summary>The most elements that a value of a part has for each grid point at its beginning.</summary>
    public long Elements(int from, int to)
    {
        long most = Channels(from);
        for (int i = from + 1; i <= to; i++)
        {
            // A doubled picture has the channels that it had before.
            long scale = Scale(i) / Scale(from);
            most = Math.Max(most, scale * scale * Math.Max(Channels(i), Channels(i - 1)));
        }

        return most;
    }
}
