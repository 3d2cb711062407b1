using System.Runtime.InteropServices;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Testing;

/// <summary>The memory and the places of one evaluation by <see cref="GraphInterpreter"/>. Places hold absolute addresses; the bases are 0.</summary>
internal sealed class Interpretation(Device device) : IDisposable
{
    private readonly Dictionary<(int Node, int Output), Place> _places = [];
    private readonly List<DeviceMemory> _memory = [];
    private readonly List<WeightView> _weights = [];

    /// <summary>Brings the data of a source to the device.</summary>
    public void Upload(Node node, TensorData data, string what)
    {
        TensorType type = node.Outputs[0];
        Require(data.Type == type, what, type, $"{data.Type}");
        Place place = Allocate(type, what);
        device.Upload((nint)place.Offset, data.Bytes);
        _places[(node.Id, 0)] = place;
    }

    /// <summary>Refers to a weight where it lies.</summary>
    public void Refer(Node node, WeightView view, string name)
    {
        TensorType type = node.Outputs[0];
        Require(view.Type == type.Type && view.Bytes == type.Bytes, $"weight '{name}'", type, $"{view.Type} in {view.Bytes} bytes");
        _places[(node.Id, 0)] = new Place(Space.Weight, device.WeightAddress(view), type.Shape.Channels, type.Type);
        _weights.Add(view);
    }

    /// <summary>Sees a part of a value in place.</summary>
    public void View(Node node, Slice slice)
    {
        Place whole = At(node.Inputs[0]);
        long elements = slice.Axis == Axis.Batch ? (long)slice.Start * node.Inputs[0].Shape.Tokens * whole.RowStride : slice.Start;
        _places[(node.Id, 0)] = whole with { Offset = whole.Offset + (elements * whole.Type.Size()) };
    }

    /// <summary>Runs a node's kernel, packing inputs first if it wants them packed.</summary>
    public void Launch(Node node)
    {
        TensorType[] types = node.InputTypes();
        Place[] inputs = Array.ConvertAll(node.Inputs, At);
        Prepared prepared = device.Prepare(node.Op, new Operands(types, node.Outputs));
        bool packed = false;
        for (int i = 0; i < types.Length; i++)
        {
            if (types[i].Layout is null && prepared.Layout(i) is { } layout)
            {
                Pack pack = new(layout);
                TensorType[] from = [types[i]];
                TensorType[] to = pack.Infer(from);
                Place place = Allocate(to[0], node.Path);
                Run(device.Prepare(pack, new Operands(from, to)), [inputs[i], place], node.Path);
                (types[i], inputs[i], packed) = (to[0], place, true);
            }
        }

        prepared = packed ? device.Prepare(node.Op, new Operands(types, node.Outputs)) : prepared;
        Place[] outputs = Array.ConvertAll(node.Outputs, type => Allocate(type, node.Path));
        Run(prepared, [.. inputs, .. outputs], node.Path);
        for (int i = 0; i < outputs.Length; i++)
        {
            _places[(node.Id, i)] = outputs[i];
        }
    }

    /// <summary>The elements of an F32 value, dense.</summary>
    public float[] Read(Value value)
    {
        Place place = At(value);
        Shape shape = value.Shape;
        float[] result = new float[shape.Count];
        for (int row = 0; row < shape.Rows; row++)
        {
            Span<float> target = result.AsSpan(row * shape.Channels, shape.Channels);
            device.Download((nint)(place.Offset + ((long)row * place.RowStride * sizeof(float))), MemoryMarshal.AsBytes(target));
        }

        return result;
    }

    public void Dispose()
    {
        foreach (DeviceMemory memory in _memory)
        {
            memory.Dispose();
        }

        foreach (WeightView weight in _weights)
        {
            device.ReleaseWeight(weight);
        }
    }

    private static void Require(bool fits, string what, TensorType wanted, string given)
    {
        if (!fits)
        {
            throw new ArgumentException($"The {what} is {wanted} in the graph, but {given} was given.");
        }
    }

    private void Run(Prepared prepared, Place[] operands, string path)
    {
        Place[] places = operands;
        if (prepared.Scratch > 0)
        {
            places = [.. operands, new Place(Space.Arena, Allocate(prepared.Scratch, $"Scratch of '{path}'"), 1, ElementType.U8)];
        }

        prepared.Bind(places, path).Run(default, CancellationToken.None);
    }

    private Place At(Value value) => _places[(value.Node, value.Output)];

    private Place Allocate(TensorType type, string what) => new(Space.Arena, Allocate(type.Bytes, what), type.Shape.Channels, type.Type);

    // Zones that must stay untouched lie before and after, as the planner lays them.
    private nint Allocate(long bytes, string what)
    {
        DeviceMemory memory = device.Allocate(bytes + (2 * device.Guard), what);
        _memory.Add(memory);
        return memory.Address + (nint)device.Guard;
    }
}
