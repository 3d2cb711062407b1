using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>
/// A place in a model under construction: <c>m["conv1"]</c> is the child of that name. Naming a weight checks its shape and marks it used.
/// </summary>
internal readonly struct ModelBuilder
{
    private readonly PartNorms? _norms;
    private readonly WeightChanges _changes;
    private readonly string _network;
    private readonly string _at;

    /// <summary>The root of a model.</summary>
    /// <param name="graph">The graph to build in.</param>
    /// <param name="weights">Where tensors are looked up.</param>
    /// <param name="plan">The evaluation's plan; by default the neutral one.</param>
    public ModelBuilder(Graph graph, WeightStore weights, EvaluationPlan? plan = null)
        : this(graph, weights, plan, null)
    {
    }

    /// <summary>The root of a model that is built for a part of a picture.</summary>
    internal ModelBuilder(Graph graph, WeightStore weights, EvaluationPlan? plan, PartNorms? norms)
        : this(graph, weights, plan ?? new EvaluationPlan(), norms, WeightChanges.None, string.Empty, string.Empty)
    {
    }

    private ModelBuilder(Graph graph, WeightStore weights, EvaluationPlan plan, PartNorms? norms, WeightChanges changes, string network, string at)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentNullException.ThrowIfNull(weights);
        (Graph, Weights, Plan, _norms, _changes, _network, _at) = (graph, weights, plan, norms, changes, network, at);
    }

    /// <summary>The graph that is built.</summary>
    public Graph Graph { get; }

    /// <summary>Where tensors are looked up.</summary>
    public WeightStore Weights { get; }

    /// <summary>The evaluation's plan.</summary>
    public EvaluationPlan Plan { get; }

    /// <summary>The module's path, as weight names begin; empty at the root. In a network beside another, behind that one's name.</summary>
    public string Path => _network.Length == 0 ? _at : $"{_network}.{_at}".TrimEnd('.');

    /// <summary>The same place with changes of the weights.</summary>
    public ModelBuilder With(WeightChanges changes) => new(Graph, Weights, Plan, _norms, changes, _network, _at);

    /// <summary>The root of another network in the same graph, in which no plan steps in.</summary>
    /// <param name="weights">Its weights.</param>
    /// <param name="network">Its name, which no other weights of the graph begin with: its weights are known by <see cref="NameBeside"/>.</param>
    public ModelBuilder Beside(WeightStore weights, string network) => new(Graph, weights, new EvaluationPlan(), null, WeightChanges.None, network, string.Empty);

    /// <summary>The name in the graph of a weight of a network beside another.</summary>
    public static string NameBeside(string network, string name) => $"{network}.{name}";

    /// <summary>A child module.</summary>
    public ModelBuilder this[string child] => new(Graph, Weights, Plan, _norms, _changes, _network, Key(child));

    /// <summary>A child module of a list.</summary>
    public ModelBuilder this[int child] => this[child.ToString(System.Globalization.CultureInfo.InvariantCulture)];

    /// <summary>Whether the weights have a tensor of this name here. Does not count as use.</summary>
    public bool Has(string name) => Weights.Contains(Key(name));

    /// <summary>
    /// A tensor of the weights in the file's type, with its changes. A vector [1, 1, 1, C] is stored as [C], a matrix [1, 1, N, K] as [N, K] or [N, K, 1, 1],
    /// a kernel [O, I, kh, kw] as it is.
    /// </summary>
    /// <exception cref="ModelFileException">It is missing or has another shape.</exception>
    public Value Weight(string name, Shape shape) => Weight(name, shape, Stored(shape));

    /// <summary>The same of a tensor that the file has in a shape of its own, of as many elements in the same order.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="shape">Its shape in the graph.</param>
    /// <param name="stored">Its shape in the file.</param>
    public Value Weight(string name, Shape shape, ReadOnlySpan<long> stored)
    {
        WeightTensor tensor = Weights.GetOrInvent(Key(name), stored);
        if (!Fits(tensor, shape) && !tensor.HasShape(stored))
        {
            throw WeightStore.Misshapen(tensor, stored);
        }

        return tensor.Type.IsFloat()
            ? _changes.Apply(tensor.Name, Graph.Weight(_network.Length == 0 ? tensor.Name : NameBeside(_network, tensor.Name), new TensorType(shape, tensor.Type), tensor.IsMade ? tensor.StoredBytes : null))
            : throw new ModelFileException(tensor.File, $"'{tensor.File}', tensor '{tensor.Name}' has the element type {tensor.Type.SafetensorsName()}, but the model needs floating-point numbers.");
    }

    /// <summary>x · Wᵀ + b over the channels: [B, H, W, K] → [B, H, W, channels].</summary>
    public Value Linear(Value x, int channels, bool bias = true)
    {
        Value y = x.Linear(Weight("weight", Shape.Matrix(channels, x.Channels)), Path);
        return bias ? y + Weight("bias", Shape.Vector(channels)) : y;
    }

    /// <summary>Checks a linear layer that the files have and the network does not run.</summary>
    public void Skip(int inputs, int channels)
    {
        Weight("weight", Shape.Matrix(channels, inputs));
        Weight("bias", Shape.Vector(channels));
    }

    /// <summary>The convolution, by default with as much padding as keeps the size at stride 1: [B, h, w, C] → [B, H, W, channels].</summary>
    public Value Conv(Value x, int channels, int kernel, int stride = 1, Padding? padding = null, bool bias = true)
    {
        Padding zeros = padding ?? Padding.All((kernel - 1) / 2);
        if (kernel == 1 && stride == 1 && zeros == default)
        {
            return Linear(x, channels, bias);
        }

        Value y = x.Conv2d(Weight("weight", new Shape(channels, x.Channels, kernel, kernel)), stride, zeros, Path);
        return bias ? y + Weight("bias", Shape.Vector(channels)) : y;
    }

    /// <summary>The group norm with γ and β: [B, H, W, C] → [B, H, W, C].</summary>
    public Value GroupNorm(Value x, int groups, double epsilon)
    {
        (Value gamma, Value beta) = (Weight("weight", Shape.Vector(x.Channels)), Weight("bias", Shape.Vector(x.Channels)));
        return _norms?.GroupNorm(x, gamma, beta, groups, epsilon, Path) ?? x.GroupNorm(gamma, beta, groups, epsilon, Path);
    }

    /// <summary>The layer norm with γ and β: [B, H, W, C] → [B, H, W, C].</summary>
    public Value LayerNorm(Value x, double epsilon) =>
        x.LayerNorm(Weight("weight", Shape.Vector(x.Channels)), Weight("bias", Shape.Vector(x.Channels)), epsilon, Path);

    /// <summary>x over its root mean square in so many equal parts of the channels, times γ: [B, H, W, C] → [B, H, W, C].</summary>
    public Value RmsNorm(Value x, int heads, double epsilon) => x.RmsNorm(Weight("weight", Shape.Vector(x.Channels / heads)), heads, epsilon, Path);

    /// <summary>Names a value by this module's path, for taps and comparisons.</summary>
    public Value Mark(Value value) => Graph.Mark(Path, value);

    /// <summary>The next site of the plan, with this module's path.</summary>
    public LayerSite Site(SiteKind kind, Value at) => Plan.Site(kind, Path, at);

    /// <summary>Throws, naming them, if there are tensors that nothing has asked for, other than known unneeded ones.</summary>
    /// <param name="unneeded">Tells known unneeded tensors by name.</param>
    /// <exception cref="ModelFileException">Tensors are left over.</exception>
    public void RequireAllUsed(Func<string, bool>? unneeded = null)
    {
        if (unneeded is not null)
        {
            Weights.Ignore(unneeded);
        }

        Weights.ThrowIfUnused();
    }

    private static bool Fits(WeightTensor tensor, Shape shape) =>
        tensor.HasShape(Stored(shape))
        || (shape is { Batch: 1, Height: 1 } && (tensor.HasShape(shape.Width, shape.Channels) || tensor.HasShape(shape.Width, shape.Channels, 1, 1)))
        || tensor.HasShape(shape.Batch, shape.Height, shape.Width, shape.Channels);

    private static long[] Stored(Shape shape) => shape switch
    {
        { Batch: 1, Height: 1, Width: 1 } => [shape.Channels],
        { Batch: 1, Height: 1 } => [shape.Width, shape.Channels],
        _ => [shape.Batch, shape.Height, shape.Width, shape.Channels],
    };

    private string Key(string name) => _at.Length == 0 ? name : $"{_at}.{name}";
}
