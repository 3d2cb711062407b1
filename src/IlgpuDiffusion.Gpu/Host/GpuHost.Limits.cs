using System.Linq.Expressions;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuHost
{
    // Of every device of CUDA's.
    private const int CudaItems = 1024;
    private const int CudaGroupsYZ = ushort.MaxValue;

    private readonly IKernelRunner? _runner;

    /// <summary>Is told of every kernel that is launched on the processor; null but in tests.</summary>
    public static ILaunchObserver? Observer { get; set; }

    /// <summary>Items that a group may have.</summary>
    public int MostItems => _runner is not null ? CudaItems : Accelerator.MaxNumThreadsPerGroup;

    /// <summary>Groups that a launch may have, each way.</summary>
    public Index3D MostGroups => _runner is not null ? new Index3D(int.MaxValue, CudaGroupsYZ, CudaGroupsYZ) : Accelerator.MaxGridSize;

    // A driver names no kernel when it refuses a launch, and some take what they cannot do.
    private KernelConfig Within(KernelConfig config)
    {
        (Index3D groups, Index3D group, Index3D most) = (config.GridDim, config.GroupDim, MostGroups);
        if (group.Size > MostItems)
        {
            throw new InvalidOperationException($"A launch of {group.Size} items a group on {Name}, which takes {MostItems}.");
        }

        if (groups.X > most.X || groups.Y > most.Y || groups.Z > most.Z || groups.X < 1 || groups.Y < 1 || groups.Z < 1)
        {
            throw new InvalidOperationException($"A launch of {groups} groups on {Name}, which takes 1 to {most}.");
        }

        SharedMemoryConfig shared = config.SharedMemoryConfig;
        long bytes = TensorCores == TensorCoreKind.Emulated ? 0 : (long)shared.NumElements * shared.ElementSize;
        return bytes <= SharedBytes ? config : throw new InvalidOperationException($"A launch with {bytes} bytes of shared memory a group on {Name}, which has {SharedBytes}.");
    }

    // A launcher that tells of its launches.
    private static TLauncher Observed<TLauncher>(MethodInfo method, TLauncher launcher, ILaunchObserver observer)
        where TLauncher : Delegate
    {
        ParameterExpression[] all = [.. typeof(TLauncher).GetMethod("Invoke")!.GetParameters().Select(parameter => Expression.Parameter(parameter.ParameterType))];
        Expression Tell(string what) => Expression.Call(Expression.Constant(observer), typeof(ILaunchObserver).GetMethod(what)!, Expression.Constant(method));
        BlockExpression body = Expression.Block(
            Tell(nameof(ILaunchObserver.Begins)), Expression.TryFinally(Expression.Invoke(Expression.Constant(launcher), all), Tell(nameof(ILaunchObserver.Ended))));
        return Expression.Lambda<TLauncher>(body, all).Compile();
    }

    // A launcher that hands a kernel's arguments to what runs it.
    private static TLauncher Run<TLauncher>(MethodInfo method, GroupForm? form, IKernelRunner runner)
        where TLauncher : Delegate
    {
        ParameterExpression[] all = [.. typeof(TLauncher).GetMethod("Invoke")!.GetParameters().Select(parameter => Expression.Parameter(parameter.ParameterType))];
        NewArrayExpression arguments = Expression.NewArrayInit(typeof(object), all.Skip(2).Select(argument => Expression.Convert(argument, typeof(object))));
        MethodCallExpression call = Expression.Call(
            Expression.Constant(runner), typeof(IKernelRunner).GetMethod(nameof(IKernelRunner.Run))!, Expression.Constant(method), Expression.Constant(form?.Specialization ?? default), all[1], arguments);
        return Expression.Lambda<TLauncher>(call, all).Compile();
    }
}
