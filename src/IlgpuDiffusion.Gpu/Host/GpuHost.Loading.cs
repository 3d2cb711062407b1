using System.Linq.Expressions;
using System.Reflection;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;
using IlgpuDiffusion.Gpu.Cuda;

namespace IlgpuDiffusion.Gpu;

internal sealed partial class GpuHost
{
    /// <summary>The launcher of a kernel, loaded once.</summary>
    public Action<AcceleratorStream, KernelConfig, T1, T2> Load<T1, T2>(Action<T1, T2> kernel)
        where T1 : struct
        where T2 : struct =>
        Plain(kernel, static (accelerator, kernel) => accelerator.LoadKernel(kernel));

    /// <summary>The launcher of a kernel, loaded once.</summary>
    public Action<AcceleratorStream, KernelConfig, T1, T2, T3> Load<T1, T2, T3>(Action<T1, T2, T3> kernel)
        where T1 : struct
        where T2 : struct
        where T3 : struct =>
        Plain(kernel, static (accelerator, kernel) => accelerator.LoadKernel(kernel));

    /// <summary>The launcher of a kernel, loaded once.</summary>
    public Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> Load<T1, T2, T3, T4>(Action<T1, T2, T3, T4> kernel)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct =>
        Plain(kernel, static (accelerator, kernel) => accelerator.LoadKernel(kernel));

    /// <summary>The launcher of a kernel, loaded once.</summary>
    public Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> Load<T1, T2, T3, T4, T5>(Action<T1, T2, T3, T4, T5> kernel)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct =>
        Plain(kernel, static (accelerator, kernel) => accelerator.LoadKernel(kernel));

    /// <summary>The launcher of a kernel, loaded once.</summary>
    public Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> Load<T1, T2, T3, T4, T5, T6>(Action<T1, T2, T3, T4, T5, T6> kernel)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct =>
        Plain(kernel, static (accelerator, kernel) => accelerator.LoadKernel(kernel));

    /// <summary>The launcher of a kernel, loaded once.</summary>
    public Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> Load<T1, T2, T3, T4, T5, T6, T7>(Action<T1, T2, T3, T4, T5, T6, T7> kernel)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct =>
        Plain(kernel, static (accelerator, kernel) => accelerator.LoadKernel(kernel));

    /// <summary>The launcher of a kernel, loaded once.</summary>
    public Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> Load<T1, T2, T3, T4, T5, T6, T7, T8>(Action<T1, T2, T3, T4, T5, T6, T7, T8> kernel)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct =>
        Plain(kernel, static (accelerator, kernel) => accelerator.LoadKernel(kernel));

    /// <summary>The launcher of a kernel, loaded once.</summary>
    public Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> Load<T1, T2, T3, T4, T5, T6, T7, T8, T9>(Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> kernel)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct =>
        Plain(kernel, static (accelerator, kernel) => accelerator.LoadKernel(kernel));

    /// <summary>Whether launchers launch nothing.</summary>
    public bool LeavesOutKernels { get; set; }

    /// <summary>Is told of every kernel that is left out: its method and its arguments, behind the stream.</summary>
    public Action<MethodInfo, object[]>? LeftOut { get; set; }

    // Takes a kernel's parameters and at most tells of them.
    private TLauncher Idle<TLauncher>(MethodInfo kernel)
        where TLauncher : Delegate
    {
        ParameterExpression[] parameters = [.. typeof(TLauncher).GetMethod("Invoke")!.GetParameters().Select(parameter => Expression.Parameter(parameter.ParameterType))];
        Expression body = LeftOut is null ? Expression.Empty()
            : Expression.Invoke(Expression.Constant(LeftOut), Expression.Constant(kernel), Expression.NewArrayInit(typeof(object), parameters.Skip(1).Select(parameter => Expression.Convert(parameter, typeof(object)))));
        return Expression.Lambda<TLauncher>(body, parameters).Compile();
    }

    // ILGPU's kernel of a method, the one way on CUDA.
    private Kernel Kernel(MethodInfo method, KernelSpecialization specialization) =>
        Accelerator is CudaAccelerator cuda ? CudaCompiler.Load(cuda, method, specialization) : Accelerator.LoadKernel(method, specialization);

    private TLauncher Plain<TKernel, TLauncher>(TKernel kernel, Func<Accelerator, TKernel, TLauncher> load)
        where TKernel : Delegate
        where TLauncher : Delegate =>
        Kind == GpuKind.Cuda ? Cached(kernel, (_, kernel) => Kernel(kernel.Method, default).CreateLauncherDelegate<TLauncher>()) : Cached(kernel, load);

    private TLauncher Cached<TKernel, TLauncher>(TKernel kernel, Func<Accelerator, TKernel, TLauncher> load)
        where TKernel : Delegate
        where TLauncher : Delegate
    {
        lock (_lock)
        {
            if (!_kernels.TryGetValue(kernel.Method, out Delegate? launcher))
            {
                RequireAttribute(kernel.Method);
                _kernels[kernel.Method] = launcher = LeavesOutKernels ? Idle<TLauncher>(kernel.Method) : Compile(kernel, load);
            }

            return (TLauncher)launcher;
        }
    }

    private TLauncher Compile<TKernel, TLauncher>(TKernel kernel, Func<Accelerator, TKernel, TLauncher> load)
        where TKernel : Delegate
        where TLauncher : Delegate
    {
        using DriverLog log = new();
        try
        {
            BeforeCall?.Invoke(DriverCall.Compile);
            return Timed(kernel, load);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Failed(e, $"compiling the kernel {kernel.Method.DeclaringType?.Name}.{kernel.Method.Name}{log.Text}");
        }
    }

    // What carries no attribute no test has looked at: whether ILGPU compiles it for a GPU.
    private static void RequireAttribute(MethodInfo method)
    {
        if (!method.IsDefined(typeof(KernelAttribute), inherit: false))
        {
            throw new ArgumentException($"{method.DeclaringType?.Name}.{method.Name} is no kernel, since it lacks the attribute [Kernel] by which the tests find it.", nameof(method));
        }
    }
}
