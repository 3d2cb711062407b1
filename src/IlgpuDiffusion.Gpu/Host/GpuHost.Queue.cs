using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using IlgpuDiffusion.Gpu.Cuda;
using IlgpuDiffusion.Gpu.OpenCl;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuHost
{
    private long _frees;

    /// <summary>How often memory was freed.</summary>
    public long Frees => Interlocked.Read(ref _frees);

    /// <summary>Is told of the blocks that <see cref="View"/> is asked for, or null.</summary>
    public BlockList? Viewed { get; set; }

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
}
