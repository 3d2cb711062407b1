using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>A small seeded model of blocks in random order, with data for its inputs and weights; between them the blocks hold every op.</summary>
internal sealed class RandomGraph : IDisposable
{
    private readonly Random _random;
    private readonly int _images;
    private readonly Value _text;
    private readonly Value _time;
    private readonly Value _mask;
    private readonly Dictionary<string, TensorData> _data = [];
    private readonly ElementType _weightType;
    private readonly int _block;

    public RandomGraph(int seed, int blocks = 5, int evaluations = 3)
    {
        _random = new Random(seed);
        (Seed, Evaluations) = (seed, evaluations);
        _images = _random.Next(1, 3);
        _weightType = Pick(ElementType.F32, ElementType.F16, ElementType.BF16);
        int channels = 8 * _random.Next(1, 3);
        int tokens = _random.Next(3, 6);

        Value ids = Ints("ids", new Shape(Pick(1, _images), 1, tokens, 1), () => _random.Next(10));
        _text = Weight("embed", Shape.Matrix(10, channels)).Embedding(ids, "embed") + Weight("position", Shape.Matrix(tokens, channels));
        _mask = Input("mask", new Shape(1, 1, 1, tokens), Stage.Request, i => i % tokens == 1 ? float.NegativeInfinity : Number());
        Value time = Input("time", Shape.Scalar, Stage.Schedule, _ => (float)(1000 * _random.NextDouble()));
        _time = Biased("time", time.TimestepEmbedding(channels + 1, cosineFirst: true, shift: 0, path: "time"), channels).Silu();
        Value x = Input("latents", new Shape(_images, _random.Next(3, 7), _random.Next(3, 7), channels), Stage.Evaluation, _ => Number());
        Value guidance = Input("guidance", Shape.Scalar, Stage.Schedule, _ => Number());

        Value both = x.Repeat(2);
        Func<Value, Value>[] kinds = [Resnet, SelfAttention, CrossAttention, Tiles, FeedForward, Perceptron, DownAndUp, Modulated, Rearranged, Rescaled, Resampled, Adaptive, Patched, Relative, Adapted];
        for (int i = 0; i < blocks; i++)
        {
            _block++;
            both = Graph.Mark($"{_block}", kinds[_random.Next(kinds.Length)](both));
        }

        Value without = both.Slice(Axis.Batch, 0, _images);
        Value with = both.Slice(Axis.Batch, _images, _images);
        Root = without + ((with - without) * guidance);
    }

    public Graph Graph { get; } = new();

    public MemoryWeights Weights { get; } = new();

    public int Seed { get; }

    public int Evaluations { get; }

    public Value Root { get; }

    public IEnumerable<string> Inputs => Graph.Nodes.Select(node => node.Op).OfType<Input>().Select(input => input.Name);

    /// <summary>The data of an input: of a schedule input the rows of all evaluations, one after another.</summary>
    public TensorData Data(string input) => _data[input];

    /// <summary>The data of an input in one evaluation.</summary>
    public TensorData Data(string input, int evaluation)
    {
        TensorData all = _data[input];
        TensorType type = Graph.Nodes.Select(node => node.Op).OfType<Input>().First(i => i.Name == input).Type;
        return all.Type == type ? all : new TensorData(type, all.Bytes.Slice((int)(evaluation * type.Bytes), (int)type.Bytes).ToArray());
    }

    public void Dispose() => Weights.Dispose();

    private Value Resnet(Value x)
    {
        Value h = Conv("conv1", GroupNorm("norm1", x).Silu(), x.Channels, 3, 1);
        h += Biased("time_emb", _time, x.Channels);
        return x + Conv("conv2", GroupNorm("norm2", h).Silu(), x.Channels, 3, 1);
    }

    private Value SelfAttention(Value x)
    {
        Value n = LayerNorm("norm", x);
        bool biased = Pick(true, false);
        Value Project(string name) => biased ? Biased($"attn.{name}", n, x.Channels) : Linear($"attn.{name}", n, x.Channels);
        (Value q, Value k, Value v) = (Project("to_q"), Project("to_k"), Project("to_v"));
        return x + Biased("attn.to_out", q.Attention([new KeySegment(k, v)], Pick(1, 2, 4), causal: Pick(true, false), path: Name("attn")), x.Channels);
    }

    private Value CrossAttention(Value x)
    {
        Value q = Linear("attn.to_q", LayerNorm("norm", x), x.Channels);
        Value? mask = Pick(true, false) ? _mask : null;
        KeySegment[] segments = [new KeySegment(Linear("attn.to_k", _text, x.Channels), Linear("attn.to_v", _text, x.Channels), Bias: mask)];
        return x + Biased("attn.to_out", q.Attention(segments, 2, path: Name("attn")), x.Channels);
    }

    private Value Tiles(Value x)
    {
        (int h, int w) = (x.Shape.Height, x.Shape.Width);
        int cut = _random.Next(1, w);
        Value tiles = Rectangles("tiles", [0, h, 0, cut, 0, h, cut, w, 0, 0, 0, 0]);
        Value small = x.Upsample((h + 1) / 2, (w + 1) / 2, Name("down"));
        Value bounds = Rectangles("bounds", [0, (h + 1) / 2, 0, 1, 0, 1, 0, (w + 1) / 2, 0, 0, 0, 0]);
        KeySegment own = new(Linear("attn.to_k", x, x.Channels), Linear("attn.to_v", x, x.Channels), tiles);
        KeySegment others = new(Linear("attn.far_k", small, x.Channels), Linear("attn.far_v", small, x.Channels), bounds, ExcludeOwnTile: true);
        return x + Linear("attn.to_q", x, x.Channels).Attention([own, others], 2, tiles, path: Name("attn"));
    }

    private Value FeedForward(Value x) => x + Biased("ff.out", Biased("ff.in", LayerNorm("norm", x), 4 * x.Channels).Gated(Activation.Gelu), x.Channels);

    private Value Perceptron(Value x) => x + Biased("mlp.out", Biased("mlp.in", GroupNorm("norm", x), 2 * x.Channels).Activate(Pick(Activation.Gelu, Activation.QuickGelu, Activation.GeluTanh)), x.Channels);

    private Value DownAndUp(Value x)
    {
        Value down = Conv("down", x, x.Channels, 3, 2);
        Value up = Conv("up", down.Upsample(x.Shape.Height, x.Shape.Width, Name("up")), x.Channels, 3, 1);
        return Conv("merge", up.Concat(Axis.Channels, x), x.Channels, 2, 1, new Padding(0, 1, 1, 0));
    }

    private Value Modulated(Value x)
    {
        Value shifts = Biased("ada", _time, 3 * x.Channels);
        Value h = (x * (shifts.Slice(Axis.Channels, 0, x.Channels) + 1)) + shifts.Slice(Axis.Channels, x.Channels, x.Channels);
        return x + (Biased("inner", h, x.Channels) * shifts.Slice(Axis.Channels, 2 * x.Channels, x.Channels));
    }

    private Value Rearranged(Value x)
    {
        int half = x.Channels / 2;
        Value swapped = x.Slice(Axis.Channels, half, half).Concat(Axis.Channels, x.Slice(Axis.Channels, 0, half));
        Value first = swapped.Slice(Axis.Batch, 0, _images);
        return first.Concat(Axis.Batch, first.Binary(BinaryKind.Subtract, Weight(Name("shift"), Shape.Scalar)).Affine(0.5, 0.25));
    }

    private Value Rescaled(Value x)
    {
        Value y = Linear("scale", x, x.Channels);
        y *= (x.StandardDeviation() + 0.1) / (y.StandardDeviation() + 0.1);
        return Input(Name("shares"), Shape.Vector(2), Stage.Schedule, i => i % 2 == 0 ? 0.75f : 0.25f).WeightedSum([y, x]);
    }

    private Value Resampled(Value x)
    {
        AxisTapValues Taps(string name, int from, int to)
        {
            Shape shape = new(1, 1, to, 2);
            return new(Ints(Name(name), shape, () => _random.Next(from)), Input(Name($"{name}.weights"), shape, Stage.Request, _ => Number()));
        }

        (int h, int w) = (x.Shape.Height, x.Shape.Width);
        Value small = x.Resample(Taps("rows", h, 2), Taps("columns", w, 3), Name("small"));
        KeySegment keys = new(Linear("attn.to_k", small, x.Channels), Linear("attn.to_v", small, x.Channels));
        return x + Linear("attn.to_q", x, x.Channels).Attention([keys], 2, path: Name("attn"));
    }

    // As transformers for diffusion: a layer norm that time scales and shifts, queries and keys over their root mean square.
    private Value Adaptive(Value x)
    {
        Value tables = Biased("ada", _time, 2 * x.Channels);
        Value h = x.LayerNorm(tables.Slice(Axis.Channels, 0, x.Channels) + 1, tables.Slice(Axis.Channels, x.Channels, x.Channels), 1e-6, Name("norm"));
        RotaryTable places = new(new Grid(x.Shape.Height, x.Shape.Width), new Grid(2 * x.Shape.Height, x.Shape.Width), x.Channels / 4, Pick(0, x.Channels / 4), 10000);
        Value Normed(string name) => Biased($"attn.{name}", h, x.Channels).RmsNorm(Weight(Name($"attn.norm_{name}.weight"), Shape.Vector(x.Channels / 2)), 2, 1e-6, Name($"attn.norm_{name}")).Rotary(places, 2, Name("attn"));
        KeySegment[] keys = [new(Normed("to_k"), Linear("attn.to_v", h, x.Channels)), new(Linear("attn.text_k", _text, x.Channels), Linear("attn.text_v", _text, x.Channels))];
        return x + Biased("attn.to_out", Normed("to_q").Attention(keys, 2, path: Name("attn")), x.Channels);
    }

    private Value Patched(Value x)
    {
        bool first = Pick(true, false);
        Value large = Biased("patch", x, 4 * x.Channels).DepthToSpace(2, first, Name("patch"));
        return x + large.Crop(_random.Next(2), _random.Next(2), x.Shape.Height, x.Shape.Width, Name("crop"));
    }

    private Value Adapted(Value x)
    {
        (int rank, Shape shape) = (_random.Next(1, 5), new Shape(x.Channels, x.Channels, 3, 3));
        Value up = Weight(Name("up"), Shape.Matrix(x.Channels, rank)), down = Weight(Name("down"), Shape.Matrix(9 * x.Channels, rank));
        Value kernel = Weight(Name("conv.weight"), shape).Precise() + up.Precise().Affine(Number(), 0).Linear(down).Reshape(shape);
        return x + x.Conv2d(kernel, 1, Padding.All(1), Name("conv"));
    }

    private Value Relative(Value x)
    {
        int tokens = _text.Shape.Width;
        Value distances = Ints(Name("distances"), new Shape(1, 1, (2 * tokens) - 1, 1), () => _random.Next(6));
        Value bias = Weight(Name("bias"), Shape.Matrix(6, 2)).Embedding(distances, Name("bias")).RelativeBias(Name("bias"));
        Value text = _text.Attention([new KeySegment(_text, _text, Bias: bias)], 2, path: Name("text")).RepeatEach(x.Shape.Batch / _text.Shape.Batch);
        return x + Biased("attn.to_out", Linear("attn.to_q", x, x.Channels).Attention([new KeySegment(text, text)], 2, path: Name("attn")), x.Channels);
    }

    private Value GroupNorm(string name, Value x) => x.GroupNorm(Weight(Name($"{name}.weight"), Shape.Vector(x.Channels)), Weight(Name($"{name}.bias"), Shape.Vector(x.Channels)), 4, 1e-5, Name(name));

    private Value LayerNorm(string name, Value x) => x.LayerNorm(Weight(Name($"{name}.weight"), Shape.Vector(x.Channels)), Weight(Name($"{name}.bias"), Shape.Vector(x.Channels)), 1e-5, Name(name));

    private Value Linear(string name, Value x, int channels) => x.Linear(Weight(Name($"{name}.weight"), Shape.Matrix(channels, x.Channels)), Name(name));

    private Value Biased(string name, Value x, int channels) => Linear(name, x, channels) + Weight(Name($"{name}.bias"), Shape.Vector(channels));

    private Value Conv(string name, Value x, int channels, int kernel, int stride, Padding? padding = null) =>
        x.Conv2d(Weight(Name($"{name}.weight"), new Shape(channels, x.Channels, kernel, kernel)), stride, padding ?? Padding.All(kernel / 2), Name(name))
        + Weight(Name($"{name}.bias"), Shape.Vector(channels));

    private Value Rectangles(string name, int[] numbers) => Ints(Name(name), new Shape(1, 1, numbers.Length / 4, 4), new Queue<int>(numbers).Dequeue);

    private string Name(string name) => _block == 0 ? name : $"{_block}.{name}";

    private Value Weight(string name, Shape shape)
    {
        double scale = 1 / Math.Sqrt(shape.Batch > 1 || shape.Width > 1 ? shape.Count / Math.Max(shape.Batch, shape.Height == 1 ? shape.Width : 1) : 1);
        float[] values = [.. Enumerable.Range(0, (int)shape.Count).Select(_ => (float)(Number() * scale))];
        Weights.Add(name, _weightType, values);
        return Graph.Weight(name, new TensorType(shape, _weightType));
    }

    private Value Input(string name, Shape shape, Stage stage, Func<int, float> number)
    {
        Shape all = stage == Stage.Schedule ? shape with { Batch = shape.Batch * Evaluations } : shape;
        _data[name] = TensorData.FromFloats(all, [.. Enumerable.Range(0, (int)all.Count).Select(number)]);
        return Graph.Input(name, shape, stage);
    }

    private Value Ints(string name, Shape shape, Func<int> number)
    {
        _data[name] = TensorData.FromInts(shape, [.. Enumerable.Range(0, (int)shape.Count).Select(_ => number())]);
        return Graph.Input(name, new TensorType(shape, ElementType.I32), Stage.Request);
    }

    private float Number() => (float)((2 * _random.NextDouble()) - 1);

    private T Pick<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];
}
