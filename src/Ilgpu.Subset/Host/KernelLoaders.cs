using ILGPU.Running;

namespace ILGPU.Runtime;

/// <summary>Explicitly grouped kernels of up to nine parameters as launchers.</summary>
public static class KernelLoaders
{
    public static Action<AcceleratorStream, KernelConfig, T1> LoadKernel<T1>(this Accelerator accelerator, Action<T1> action)
        where T1 : struct =>
        accelerator.LoadKernel(action, KernelSpecialization.Empty);

    public static Action<AcceleratorStream, KernelConfig, T1> LoadKernel<T1>(this Accelerator accelerator, Action<T1> action, KernelSpecialization specialization)
        where T1 : struct
    {
        LoadedKernel kernel = new(action.Method, specialization);
        string name = kernel.Name;
        return (stream, config, arg1) =>
        {
            Arguments<T1>.Check(name, arg1);
            accelerator.Launcher.Run(kernel, config, () => action(arg1));
        };
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2> LoadKernel<T1, T2>(this Accelerator accelerator, Action<T1, T2> action)
        where T1 : struct
        where T2 : struct =>
        accelerator.LoadKernel(action, KernelSpecialization.Empty);

    public static Action<AcceleratorStream, KernelConfig, T1, T2> LoadKernel<T1, T2>(this Accelerator accelerator, Action<T1, T2> action, KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
    {
        LoadedKernel kernel = new(action.Method, specialization);
        string name = kernel.Name;
        return (stream, config, arg1, arg2) =>
        {
            Arguments<T1>.Check(name, arg1);
            Arguments<T2>.Check(name, arg2);
            accelerator.Launcher.Run(kernel, config, () => action(arg1, arg2));
        };
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3> LoadKernel<T1, T2, T3>(this Accelerator accelerator, Action<T1, T2, T3> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct =>
        accelerator.LoadKernel(action, KernelSpecialization.Empty);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3> LoadKernel<T1, T2, T3>(this Accelerator accelerator, Action<T1, T2, T3> action, KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
    {
        LoadedKernel kernel = new(action.Method, specialization);
        string name = kernel.Name;
        return (stream, config, arg1, arg2, arg3) =>
        {
            Arguments<T1>.Check(name, arg1);
            Arguments<T2>.Check(name, arg2);
            Arguments<T3>.Check(name, arg3);
            accelerator.Launcher.Run(kernel, config, () => action(arg1, arg2, arg3));
        };
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> LoadKernel<T1, T2, T3, T4>(this Accelerator accelerator, Action<T1, T2, T3, T4> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct =>
        accelerator.LoadKernel(action, KernelSpecialization.Empty);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4> LoadKernel<T1, T2, T3, T4>(this Accelerator accelerator, Action<T1, T2, T3, T4> action, KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
    {
        LoadedKernel kernel = new(action.Method, specialization);
        string name = kernel.Name;
        return (stream, config, arg1, arg2, arg3, arg4) =>
        {
            Arguments<T1>.Check(name, arg1);
            Arguments<T2>.Check(name, arg2);
            Arguments<T3>.Check(name, arg3);
            Arguments<T4>.Check(name, arg4);
            accelerator.Launcher.Run(kernel, config, () => action(arg1, arg2, arg3, arg4));
        };
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> LoadKernel<T1, T2, T3, T4, T5>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct =>
        accelerator.LoadKernel(action, KernelSpecialization.Empty);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5> LoadKernel<T1, T2, T3, T4, T5>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5> action, KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
    {
        LoadedKernel kernel = new(action.Method, specialization);
        string name = kernel.Name;
        return (stream, config, arg1, arg2, arg3, arg4, arg5) =>
        {
            Arguments<T1>.Check(name, arg1);
            Arguments<T2>.Check(name, arg2);
            Arguments<T3>.Check(name, arg3);
            Arguments<T4>.Check(name, arg4);
            Arguments<T5>.Check(name, arg5);
            accelerator.Launcher.Run(kernel, config, () => action(arg1, arg2, arg3, arg4, arg5));
        };
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> LoadKernel<T1, T2, T3, T4, T5, T6>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct =>
        accelerator.LoadKernel(action, KernelSpecialization.Empty);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6> LoadKernel<T1, T2, T3, T4, T5, T6>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6> action, KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
    {
        LoadedKernel kernel = new(action.Method, specialization);
        string name = kernel.Name;
        return (stream, config, arg1, arg2, arg3, arg4, arg5, arg6) =>
        {
            Arguments<T1>.Check(name, arg1);
            Arguments<T2>.Check(name, arg2);
            Arguments<T3>.Check(name, arg3);
            Arguments<T4>.Check(name, arg4);
            Arguments<T5>.Check(name, arg5);
            Arguments<T6>.Check(name, arg6);
            accelerator.Launcher.Run(kernel, config, () => action(arg1, arg2, arg3, arg4, arg5, arg6));
        };
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> LoadKernel<T1, T2, T3, T4, T5, T6, T7>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct =>
        accelerator.LoadKernel(action, KernelSpecialization.Empty);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7> LoadKernel<T1, T2, T3, T4, T5, T6, T7>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7> action, KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
    {
        LoadedKernel kernel = new(action.Method, specialization);
        string name = kernel.Name;
        return (stream, config, arg1, arg2, arg3, arg4, arg5, arg6, arg7) =>
        {
            Arguments<T1>.Check(name, arg1);
            Arguments<T2>.Check(name, arg2);
            Arguments<T3>.Check(name, arg3);
            Arguments<T4>.Check(name, arg4);
            Arguments<T5>.Check(name, arg5);
            Arguments<T6>.Check(name, arg6);
            Arguments<T7>.Check(name, arg7);
            accelerator.Launcher.Run(kernel, config, () => action(arg1, arg2, arg3, arg4, arg5, arg6, arg7));
        };
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> LoadKernel<T1, T2, T3, T4, T5, T6, T7, T8>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct =>
        accelerator.LoadKernel(action, KernelSpecialization.Empty);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8> LoadKernel<T1, T2, T3, T4, T5, T6, T7, T8>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8> action, KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
    {
        LoadedKernel kernel = new(action.Method, specialization);
        string name = kernel.Name;
        return (stream, config, arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8) =>
        {
            Arguments<T1>.Check(name, arg1);
            Arguments<T2>.Check(name, arg2);
            Arguments<T3>.Check(name, arg3);
            Arguments<T4>.Check(name, arg4);
            Arguments<T5>.Check(name, arg5);
            Arguments<T6>.Check(name, arg6);
            Arguments<T7>.Check(name, arg7);
            Arguments<T8>.Check(name, arg8);
            accelerator.Launcher.Run(kernel, config, () => action(arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8));
        };
    }

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> action)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct =>
        accelerator.LoadKernel(action, KernelSpecialization.Empty);

    public static Action<AcceleratorStream, KernelConfig, T1, T2, T3, T4, T5, T6, T7, T8, T9> LoadKernel<T1, T2, T3, T4, T5, T6, T7, T8, T9>(this Accelerator accelerator, Action<T1, T2, T3, T4, T5, T6, T7, T8, T9> action, KernelSpecialization specialization)
        where T1 : struct
        where T2 : struct
        where T3 : struct
        where T4 : struct
        where T5 : struct
        where T6 : struct
        where T7 : struct
        where T8 : struct
        where T9 : struct
    {
        LoadedKernel kernel = new(action.Method, specialization);
        string name = kernel.Name;
        return (stream, config, arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8, arg9) =>
        {
            Arguments<T1>.Check(name, arg1);
            Arguments<T2>.Check(name, arg2);
            Arguments<T3>.Check(name, arg3);
            Arguments<T4>.Check(name, arg4);
            Arguments<T5>.Check(name, arg5);
            Arguments<T6>.Check(name, arg6);
            Arguments<T7>.Check(name, arg7);
            Arguments<T8>.Check(name, arg8);
            Arguments<T9>.Check(name, arg9);
            accelerator.Launcher.Run(kernel, config, () => action(arg1, arg2, arg3, arg4, arg5, arg6, arg7, arg8, arg9));
        };
    }
}
