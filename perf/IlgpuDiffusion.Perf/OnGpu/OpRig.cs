using IlgpuDiffusion.Gpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Perf.OnGpu;

/// <summary>One op by itself on any device, with its operands in memory.</summary>
internal sealed class OpRig : IDisposable
{
    // Launches shorter than this may wait for the host.
    private const double Short = 40e-6;
    private const int Recorded = 50;

    private readonly Device _device;
    private readonly List<DeviceMemory> _memory = [];
    private readonly TensorType[] _results;
    private readonly Place[] _outputs;
    private readonly Launch _launch;

    /// <summary>Uploads the operands, packs weights as the device wishes, chooses the kernel.</summary>
    public OpRig(Device device, Op op, params ReadOnlySpan<OpOperand> inputs)
    {
        _device = device;
        try
        {
            TensorType[] types = [.. inputs.ToArray().Select(input => input.Type)];
            Inputs = [.. types];
            _results = op.Infer(types);
            Work = op.Work(new Operands(types, _results));
            Place[] places = new Place[types.Length];
            for (int i = 0; i < types.Length; i++)
            {
                places[i] = Allocate(types[i]);
                device.Upload((nint)places[i].Offset, inputs[i].Data);
            }

            Prepared prepared = device.Prepare(op, new Operands(types, _results));
            for (int i = 0; i < types.Length; i++)
            {
                if (prepared.Layout(i) is { } layout)
                {
                    Pack pack = new(layout);
                    TensorType[] from = [types[i]], to = pack.Infer(from);
                    Place packed = Allocate(to[0]);
                    device.Prepare(pack, new Operands(from, to)).Bind([places[i], packed], "pack").Run(default, CancellationToken.None);
                    (types[i], places[i]) = (to[0], packed);
                }
            }

            prepared = device.Prepare(op, new Operands(types, _results));
            _outputs = Array.ConvertAll(_results, Allocate);
            Place[] scratch = prepared.Scratch > 0 ? [new Place(Space.Arena, Allocate(prepared.Scratch), 1, ElementType.U8)] : [];
            _launch = prepared.Bind([.. places, .. _outputs, .. scratch], op.Name);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Its arithmetic and memory traffic.</summary>
    public Work Work { get; }

    /// <summary>The types of its operands.</summary>
    public IReadOnlyList<TensorType> Inputs { get; } = [];

    /// <summary>The type of its first result.</summary>
    public TensorType Result => _results[0];

    /// <summary>What computes it, in the name of the launch.</summary>
    public string Kernel => _launch is LaunchPair { Second: var main } ? $"{Name(main.GetType())} after another" : Name(_launch.GetType());

    /// <summary>Queues it once.</summary>
    public void Queue() => _launch.Run(default, CancellationToken.None);

    /// <summary>Many of its launches as one recording; null where the device records none.</summary>
    public OpRepeat? Record(int count) => _device.CreateReplay() is { } replay ? new OpRepeat(replay, _launch, count) : null;

    /// <summary>The median time of a launch; of a short one within a recording, where the device makes one.</summary>
    public double Seconds(GpuTimer timer)
    {
        double alone = timer.Seconds(Queue);
        if (alone > Short)
        {
            return alone;
        }

        using OpRepeat? recorded = Record(Recorded);
        return recorded is null ? alone : timer.Seconds(recorded.Queue) / recorded.Count;
    }

    /// <summary>Fills the first result with bit patterns of NaN, runs it and reads the first result.</summary>
    public float[] Run()
    {
        byte[] data = new byte[Result.Bytes];
        data.AsSpan().Fill(0xFF);
        _device.Upload((nint)_outputs[0].Offset, data);
        Queue();
        _device.Download((nint)_outputs[0].Offset, data);
        return OpOperand.Floats(data, Result.Type);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DeviceMemory memory in _memory)
        {
            memory.Dispose();
        }

        _memory.Clear();
    }

    private static string Name(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : type.Name;

    private Place Allocate(TensorType type) => new(Space.Arena, Allocate(type.Bytes), type.Shape.Channels, type.Type);

    private nint Allocate(long bytes)
    {
        DeviceMemory memory = _device.Allocate(Math.Max(bytes, 1), "a measurement");
        _memory.Add(memory);
        return memory.Address;
    }
}
