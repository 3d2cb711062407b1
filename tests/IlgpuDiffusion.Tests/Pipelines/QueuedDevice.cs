using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Testing;

namespace IlgpuDiffusion.Tests.Pipelines;

/// <summary>The CPU device as a GPU would be: what is asked of it waits in a queue, and runs only when the host waits for it.</summary>
internal sealed class QueuedDevice() : DelegatingDevice(new CpuDevice(new CpuDeviceOptions { Threads = 2 }))
{
    private readonly Queue<(string What, Action Run)> _queue = [];
    private readonly Dictionary<string, int> _done = [];

    public override string Name => $"{Inner.Name}, queued";

    internal override Prepared Prepare(Op op, in Operands operands) => new QueuedPrepared(this, op.Name, Inner.Prepare(op, operands));

    /// <summary>How often the host copied to or from the device.</summary>
    public int Transfers { get; private set; }

    /// <summary>Is told of the name of an op when it is queued.</summary>
    public Action<string>? Queueing { get; set; }

    /// <summary>How many pieces of work of a name wait.</summary>
    public int Waiting(string what) => _queue.Count(item => item.What == what);

    /// <summary>How many pieces of work of a name have run.</summary>
    public int Done(string what) => _done.GetValueOrDefault(what);

    /// <summary>How many pieces of work wait.</summary>
    public int Pending => _queue.Count;

    internal override DeviceMemory Allocate(long bytes, string purpose) => new Memory(this, Inner.Allocate(bytes, purpose));

    internal override void Upload(nint target, ReadOnlySpan<byte> source)
    {
        Transfers++;
        RunAll();
        Inner.Upload(target, source);
    }

    internal override void Download(nint source, Span<byte> target)
    {
        Transfers++;
        RunAll();
        Inner.Download(source, target);
    }

    internal override void Copy(nint source, nint target, long bytes) => Add("copy", () => Inner.Copy(source, target, bytes));

    internal override void Combine(nint target, ReadOnlySpan<nint> sources, ReadOnlySpan<double> coefficients, long count)
    {
        (nint[] from, double[] factors) = (sources.ToArray(), coefficients.ToArray());
        Add("combine", () => Inner.Combine(target, from, factors, count));
    }

    internal override DeviceMark CreateMark() => new Mark(this);

    private void Add(string what, Action run)
    {
        Queueing?.Invoke(what);
        _queue.Enqueue((what, run));
    }

    private void RunAll()
    {
        while (_queue.Count > 0)
        {
            RunNext();
        }
    }

    private void RunNext()
    {
        (string what, Action run) = _queue.Dequeue();
        run();
        _done[what] = Done(what) + 1;
    }

    private sealed class Mark(QueuedDevice device) : DeviceMark
    {
        private bool _waits;

        public override bool IsReached => !_waits;

        public override void Set()
        {
            Assert.IsFalse(_waits, "a mark is set again before it is reached");
            _waits = true;
            device._queue.Enqueue(("mark", () => _waits = false));
        }

        public override void Wait()
        {
            while (_waits)
            {
                device.RunNext();
            }
        }

        public override void Dispose()
        {
        }
    }

    private sealed class Memory(QueuedDevice device, DeviceMemory inner) : DeviceMemory
    {
        public override nint Address => inner.Address;

        public override long Bytes => inner.Bytes;

        public override void Dispose()
        {
            device.RunAll();
            inner.Dispose();
        }
    }

    private sealed class QueuedPrepared(QueuedDevice device, string name, Prepared inner) : Prepared
    {
        public override long Scratch => inner.Scratch;

        public override TimeSpan Estimate => inner.Estimate;

        public override WeightLayout? Layout(int input) => inner.Layout(input);

        public override Launch Bind(ReadOnlySpan<Place> places, string path) => new QueuedLaunch(device, name, inner.Bind(places, path));
    }

    private sealed class QueuedLaunch(QueuedDevice device, string name, Launch inner) : Launch(inner.Path)
    {
        public override void Run(in Bases bases, CancellationToken cancellation)
        {
            Bases at = bases;
            device.Add(name, () => inner.Run(at, CancellationToken.None));
        }
    }
}
