using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;
using IlgpuDiffusion.Gpu.Cuda;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>
/// ILGPU's host side, which no other file calls: a device at work, its stream, its memory, its loaded kernels.
/// Addresses are numbers of this host: the number of a block in the upper bits, the byte in it in the lower <see cref="OffsetBits"/>;
/// so they mean the same where a driver gives no addresses (OpenCL), and the address of freed memory is found out.
/// </summary>
internal sealed partial class GpuHost : IDisposable
{
    private const int OffsetBits = 40;

    // A thousand items for each of a large GPU's processors.
    private const int FewItems = 1 << 17;
    private const int SmallGroup = 64;
    private const long Offset = (1L << OffsetBits) - 1;
    private const int Granule = 16;

    private readonly Context _context;
    private readonly Lock _lock = new();
    private readonly Dictionary<MethodInfo, Delegate> _kernels = [];
    private readonly Queue<int> _free = [];
    private MemoryBuffer?[] _blocks = new MemoryBuffer?[64];
    private int _used = 1;
    private CudaStaging? _staging;

    /// <summary>Threads that fill the buffers from which a CUDA device fetches.</summary>
    public int HostThreads { get; set; } = Environment.ProcessorCount;

    private GpuHost(Context context, Accelerator accelerator, bool emulates, IKernelRunner? runner)
    {
        (_context, Accelerator, _runner) = (context, accelerator, runner);
        TensorCores = emulates ? TensorCoreKind.Emulated : runner is not null || HasTensorCores(accelerator) ? TensorCoreKind.Cuda : TensorCoreKind.None;
        SharedBytes = accelerator is CudaAccelerator cuda ? CudaDriver.SharedBytes(cuda) : EmulatedShared;
        Stream = accelerator.CreateStream();
        IsCpu = runner is null && accelerator.AcceleratorType == AcceleratorType.CPU;
        UsesSlabs = accelerator.AcceleratorType == AcceleratorType.Cuda;
        GroupSize = IsCpu ? 1 : Math.Min(256, MostItems);
    }

    /// <summary>The device at work.</summary>
    public Accelerator Accelerator { get; }

    /// <summary>Where everything runs, in order.</summary>
    public AcceleratorStream Stream { get; }

    /// <summary>Whether kernels run on the processor: few work items, each with much to do, as it pays there.</summary>
    public bool IsCpu { get; }

    /// <summary>Work items of a group of <see cref="Items"/>.</summary>
    public int GroupSize { get; }

    /// <summary>How many neighbouring elements a work item of a light kernel takes: one where neighbours run side by side.</summary>
    public int Grain => IsCpu ? 4096 : 1;

    /// <summary>Which kind of device it is.</summary>
    public GpuKind Kind => _runner is not null ? GpuKind.Cuda : KindOf(Accelerator.AcceleratorType);

    /// <summary>How many kernels have been compiled.</summary>
    public int LoadedKernels => _kernels.Count;

    /// <summary>The device's own name.</summary>
    public string Name => IsCpu ? IlgpuBuild.Text : Accelerator.Name;

    /// <summary>Starts the first device of a kind; null if there is none.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="emulates">Whether the processor emulates tensor cores, for tests.</param>
    /// <param name="runner">With a kind of <see cref="GpuKind.IlgpuCpu"/>: what runs the kernels of CUDA on the processor's memory, for tests.</param>
    public static GpuHost? Open(GpuKind kind, bool emulates = false, IKernelRunner? runner = null)
    {
        List<GpuFacts> seen = [];
        Context context = Create(kind, emulates, seen);
        try
        {
            // Those that are taken only when asked for come last.
            GpuFacts[] taken = [.. seen.Where(device => GpuRules.Refusal(device) is null)];
            if (Of(context, kind).Select((device, i) => (Device: device, Doubt: i < taken.Length ? GpuRules.Doubt(taken[i]) : null)).OrderBy(found => found.Doubt is not null).FirstOrDefault().Device is not { } device)
            {
                context.Dispose();
                return null;
            }

            Accelerator accelerator = device is CPUDevice cpu ? cpu.CreateCPUAccelerator(context, CPUAcceleratorMode.Parallel) : device.CreateAccelerator(context);
            try
            {
                return new GpuHost(context, accelerator, emulates, runner);
            }
            catch
            {
                Release(accelerator);
                throw;
            }
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A launch of so many work items, in groups of <see cref="GroupSize"/>, or smaller ones if items are few, so that all of a GPU's processors
    /// get some; the kernel leaves out what is beyond the last.
    /// </summary>
    public KernelConfig Items(int items)
    {
        int size = items > FewItems ? GroupSize : Math.Min(SmallGroup, GroupSize);
        return Within(((int)(((long)items + size - 1) / size), size));
    }

    /// <summary>Work items of <see cref="Grain"/> elements each.</summary>
    public int ItemsFor(long elements) => checked((int)((elements + Grain - 1) / Grain));

    /// <summary>Elements that lie at an address; they are within one block.</summary>
    public ArrayView<T> View<T>(nint address, long count)
        where T : unmanaged
    {
        int block = (int)(address >> OffsetBits);
        MemoryBuffer buffer = (block < _blocks.Length ? _blocks[block] : null) ?? throw new ObjectDisposedException(nameof(GpuMemory), $"There is no memory at {address:x} on {Name}.");
        if (_viewer == Environment.CurrentManagedThreadId)
        {
            _viewed.Add(block, buffer);
        }

        return buffer.AsRawArrayView(address & Offset, count * Interop.SizeOf<T>()).Cast<T>();
    }

    /// <summary>New memory; its address.</summary>
    /// <exception cref="DeviceMemoryException">The driver has none.</exception>
    public nint Allocate(long bytes, string purpose = "kernels")
    {
        // Kernels read and write whole words, the last of which may lie half beyond a tensor of an odd number of 16-bit numbers.
        long whole = Math.Max(Granule, (bytes + Granule - 1) / Granule * Granule);
        return Piece(whole, purpose) ?? Address(NewBlock(whole, purpose), 0);
    }

    /// <summary>Frees memory, after what still runs on it; also where waiting fails, since ILGPU would free it later on a thread of its own, on which a failure ends the process.</summary>
    public void Free(nint address)
    {
        if (ReturnsPiece(address))
        {
            return;
        }

        MemoryBuffer? buffer;
        lock (_lock)
        {
            int block = (int)(address >> OffsetBits);
            buffer = _blocks[block];
            _blocks[block] = null;
            _free.Enqueue(block);
            _frees++;
        }

        lock (_queue)
        {
            try
            {
                BeforeCall?.Invoke(DriverCall.Free);
                Synchronize();
            }
            finally
            {
                Try(() => buffer?.Dispose());
            }
        }
    }

    /// <summary>Copies from the host; the source may change afterwards.</summary>
    public void Upload(nint target, ReadOnlySpan<byte> source)
    {
        if (!source.IsEmpty)
        {
            ArrayView1D<byte, Stride1D.Dense> view = View<byte>(target, source.Length);
            lock (_queue)
            {
                BeforeCall?.Invoke(DriverCall.Upload);
                if (Stream is CudaStream stream)
                {
                    _staging ??= new CudaStaging(stream, () => HostThreads);
                    _staging.Copy(view.BaseView.LoadEffectiveAddressAsPtr(), source);
                    return;
                }

                view.CopyFromCPU(Stream, source);
                Synchronize();
            }
        }
    }

    /// <summary>Copies to the host, after everything that was launched.</summary>
    public void Download(nint source, Span<byte> target)
    {
        if (!target.IsEmpty)
        {
            ArrayView1D<byte, Stride1D.Dense> view = View<byte>(source, target.Length);
            lock (_queue)
            {
                BeforeCall?.Invoke(DriverCall.Download);
                view.CopyToCPU(Stream, target);
                Synchronize();
            }
        }
    }

    /// <summary>Copies on the device.</summary>
    public void Copy(nint source, nint target, long bytes)
    {
        if (bytes > 0 && source != target)
        {
            ArrayView1D<byte, Stride1D.Dense> from = View<byte>(source, bytes);
            lock (_queue)
            {
                BeforeCall?.Invoke(DriverCall.Copy);
                from.CopyTo(Stream, View<byte>(target, bytes));
            }
        }
    }

    /// <summary>Waits for everything that was launched.</summary>
    public void Synchronize()
    {
        lock (_queue)
        {
            Stream.Synchronize();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MemoryBuffer? block in _blocks)
        {
            Try(() => block?.Dispose());
        }

        _staging?.Dispose();
        Release(Accelerator);
        Try(_context.Dispose);
    }

    // A block of the driver's memory; its number.
    private int NewBlock(long bytes, string purpose)
    {
        MemoryBuffer buffer = NewBuffer(bytes, purpose);
        lock (_lock)
        {
            int block = _free.TryDequeue(out int free) ? free : _used++;
            if (block == _blocks.Length)
            {
                Array.Resize(ref _blocks, 2 * block);
            }

            _blocks[block] = buffer;
            return block;
        }
    }

    // A context that finds no device of the kind holds one on the processor.
    private static IEnumerable<ILGPU.Runtime.Device> Of(Context context, GpuKind kind) => context.Devices.Where(device => KindOf(device.AcceleratorType) == kind);

    private static GpuKind KindOf(AcceleratorType type) => type switch { AcceleratorType.Cuda => GpuKind.Cuda, AcceleratorType.OpenCL => GpuKind.OpenCL, _ => GpuKind.IlgpuCpu };

    // Of OpenCL the second optimisation level, which names address spaces.
    private static Context Create(GpuKind kind, bool emulates = false, List<GpuFacts>? seen = null)
    {
        _ = FindsLibraries;
        lock (Finding)
        {
            return Context.Create(builder => _ = kind switch
            {
                GpuKind.Cuda => builder.Cuda(device => Take(CudaDevices.Facts(device), seen)).ForCuda(),
                GpuKind.OpenCL => builder.OpenCL(device => Take(device, seen)).Optimize(OptimizationLevel.O2).UsePtx(),
                _ => builder.CPU(emulates ? new CPUDevice(32, EmulatedWarps, Environment.ProcessorCount) : new CPUDevice(2, 1, Environment.ProcessorCount)).Optimize(OptimizationLevel.O1),
            });
        }
    }
}
