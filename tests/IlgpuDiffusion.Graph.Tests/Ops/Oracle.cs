using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Graphs.Tests.Ops;

/// <summary>Evaluates one op of a few numbers on the oracle.</summary>
internal sealed class Oracle
{
    private readonly Dictionary<string, TensorData> _data = [];

    public Graph Graph { get; } = new();

    public Value Of(Shape shape, params float[] values)
    {
        string name = $"x{_data.Count}";
        _data[name] = TensorData.FromFloats(shape, values);
        return Graph.Input(name, shape, Stage.Request);
    }

    public Value Ints(Shape shape, params int[] values)
    {
        string name = $"x{_data.Count}";
        _data[name] = TensorData.FromInts(shape, values);
        return Graph.Input(name, new TensorType(shape, ElementType.I32), Stage.Request);
    }

    public Value Bytes(TensorType type, params byte[] bytes)
    {
        string name = $"x{_data.Count}";
        _data[name] = new TensorData(type, bytes);
        return Graph.Input(name, type, Stage.Request);
    }

    public float[] Run(Value value)
    {
        using CheckedDevice device = new(new OracleDevice(Fusions.All));
        return GraphInterpreter.Evaluate(Graph, [value], name => _data[name], null, device)[0];
    }

    public void Gives(Value value, params float[] expected) => Gives(value, 1e-6, expected);

    public void Gives(Value value, double tolerance, params float[] expected)
    {
        float[] actual = Run(value);
        Assert.HasCount(expected.Length, actual);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.AreEqual(expected[i], actual[i], tolerance, $"element {i} of {string.Join(", ", actual)}");
        }
    }
}
