using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using IlgpuDiffusion.Gpu.Cuda;
using IlgpuDiffusion.Gpu.OpenCl;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuHost
{
    // Held by whoever queues something or waits, except for launches, which come from one thread at a time.
    private readonly Lock _queue = new();
    private BlockList _viewed = new();
    private int _viewer;
    private long _frees;

    /// <summary>How often memory was freed.</summary>
    public long Frees => Interlocked.Read(ref _frees);

    /// <summary>
    /// Keeps other threads from the queue while this one's launches are recorded: what they queue would become part of the recording, and their waiting would spoil it.
    /// </summary>
    /// <param name="viewed">Is told of the blocks that this thread asks <see cref="View"/> for.</param>
    public QueueHold Hold(BlockList viewed)
    {
        _queue.Enter();
        (_viewed, _viewer) = (viewed, Environment.CurrentManagedThreadId);
        return new QueueHold(this);
    }

    /// <summary>Whether a block still has its number.</summary>
    public bool Holds(int number, object block) => ReferenceEquals(_blocks[number], block);

    /// <summary>A mark for the stream; null where a launch has happened when its call returns.</summary>
    public DeviceMark? CreateMark() => Stream switch
    {
        CudaStream stream => new CudaMark(this, stream),
        CLStream stream => new ClMark(this, stream),
        _ => null,
    };

    /// <summary>A clock for the stream.</summary>
    public DeviceClock CreateClock() => Stream is CudaStream stream ? new CudaClock(this, stream) : new HostClock(Synchronize);

    /// <summary>The driver's way to record launches, or null.</summary>
    public ILaunchRecorder? CreateRecorder() => Stream is CudaStream stream ? new CudaRecorder(stream) : null;

    /// <summary>Ends what <see cref="Hold"/> began.</summary>
    public readonly ref struct QueueHold(GpuHost host)
    {
        /// <summary>Lets the others go on.</summary>
        public void Dispose()
        {
            host._viewer = 0;
            host._queue.Exit();
        }
    }
}
