using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using IlgpuDiffusion.Gpu.Cuda;
using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Gpu;

/// <summary>Which units multiply matrices of 16-bit numbers.</summary>
internal enum TensorCoreKind
{
    /// <summary>The plain ones.</summary>
    None,

    /// <summary>NVIDIA's tensor cores, by PTX.</summary>
    Cuda,

    /// <summary>Plain ones that do as tensor cores do, for tests.</summary>
    Emulated,
}

/// <summary>What a kernel whose items meet asks of a multiprocessor.</summary>
/// <param name="Items">Items of a group.</param>
/// <param name="GroupsPerProcessor">Groups that a multiprocessor is to hold at once: registers are cut to that.</param>
/// <param name="SharedBytes">Dynamic shared memory of a group.</param>
internal readonly record struct GroupForm(int Items, int GroupsPerProcessor, int SharedBytes)
{
    /// <summary>How the kernel is compiled.</summary>
    public KernelSpecialization Specialization => new(Items, GroupsPerProcessor);
}

/// <summary>Code that is generic in the tensor cores and their numbers.</summary>
/// <typeparam name="TResult">What it gives.</typeparam>
internal interface ITensorUser<out TResult>
{
    /// <summary>The code.</summary>
    TResult Use<TCores, TNumber>()
        where TCores : struct, ITensorCores
        where TNumber : struct, INumber16;
}

internal sealed partial class GpuHost
{
    // Groups have up to 256 items.
    private const int EmulatedWarps = 8;

    // Of an emulation: what a multiprocessor of sm_80 has for a group, less what the emulation takes.
    private const int EmulatedShared = 163 << 10;

    /// <summary>What tensor cores there are. Kernels for them take groups of 128 items and more, warps of 32.</summary>
    public TensorCoreKind TensorCores { get; }

    /// <summary>Whether items of a group may meet, in warps of 32.</summary>
    public bool HasWarps => Kind == GpuKind.Cuda || TensorCores == TensorCoreKind.Emulated;

    /// <summary>Multiprocessors, by which products choose among tiles that give the same bits; tests set those of other devices.</summary>
    public int Processors { get => field > 0 ? field : Accelerator.NumMultiprocessors; set; }

    /// <summary>Whether products may take eight warps a tile; what measures the difference takes four.</summary>
    public bool EightWarps { get; set; } = true;

    /// <summary>Steps of K that are worth a part of a product; tests take fewer.</summary>
    public int PartSteps { get; set; } = SplitChoice.LeastSteps;

    /// <summary>Bytes of dynamic shared memory that a group may have.</summary>
    public int SharedBytes { get; }

    /// <summary>Runs code with the device's tensor cores, for numbers of an element type (F16 or BF16).</summary>
    public TResult WithTensorCores<TResult>(ElementType type, ITensorUser<TResult> user) => (TensorCores, type) switch
    {
        (TensorCoreKind.Emulated, ElementType.F16) => user.Use<EmulatedTensorCores<Float16>, Float16>(),
        (TensorCoreKind.Emulated, ElementType.BF16) => user.Use<EmulatedTensorCores<BFloat16>, BFloat16>(),
        (TensorCoreKind.Cuda, ElementType.F16) => user.Use<CudaTensorCores<Float16>, Float16>(),
        (TensorCoreKind.Cuda, ElementType.BF16) => user.Use<CudaTensorCores<BFloat16>, BFloat16>(),
        _ => throw new NotSupportedException($"{Name} has no tensor cores for {type}."),
    };

    /// <summary>The launcher of a kernel whose items meet, loaded once; <typeparamref name="TLauncher"/> is an action of a stream, a configuration and the kernel's parameters.</summary>
    public TLauncher Load<TLauncher>(Delegate kernel, GroupForm form)
        where TLauncher : Delegate =>
        Cached(kernel, form, (_, kernel) =>
        {
            Kernel loaded = Kernel(kernel.Method, form.Specialization);
            if (loaded is CudaKernel cuda)
            {
                CudaDriver.AllowShared(cuda, form.SharedBytes);
                if (form.SharedBytes > 0)
                {
                    CudaDriver.PreferShared(cuda);
                }
            }

            return loaded.CreateLauncherDelegate<TLauncher>();
        });

    /// <summary>A launch of groups whose items meet.</summary>
    public KernelConfig Groups(Index3D groups, GroupForm form)
    {
        // ILGPU takes no request for dynamic memory, even of 0 bytes, of a kernel that has none.
        if (form.SharedBytes == 0)
        {
            return Within(new KernelConfig(groups, new Index3D(form.Items, 1, 1)));
        }

        int words = TensorCores == TensorCoreKind.Emulated ? EmulatedCopies.Words(form.SharedBytes, form.Items) : form.SharedBytes / sizeof(uint);
        return Within(new KernelConfig(groups, new Index3D(form.Items, 1, 1), SharedMemoryConfig.RequestDynamic<uint>(words)));
    }

    // sm_80 is the first with bf16 and asynchronous copies, PTX 7.4 (a driver for CUDA 11.4) the first whose copies fetch whole lines to the L2.
    private static bool HasTensorCores(Accelerator accelerator) =>
        accelerator is CudaAccelerator { Architecture.Major: >= 8 } cuda && cuda.InstructionSet >= CudaInstructionSet.ISA_74;
}
