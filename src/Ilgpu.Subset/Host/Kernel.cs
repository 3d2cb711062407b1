using System.Reflection;

namespace ILGPU.Runtime;

/// <summary>A kernel that is ready to be launched.</summary>
public class Kernel : AcceleratorObject
{
    private readonly MethodInfo _method;
    private readonly KernelSpecialization _specialization;

    internal Kernel(Accelerator accelerator, MethodInfo method, KernelSpecialization specialization)
        : base(accelerator)
    {
        _method = method;
        _specialization = specialization;
    }

    /// <summary>The launcher: an action of a stream, a configuration and the kernel's parameters.</summary>
    public TDelegate CreateLauncherDelegate<TDelegate>()
        where TDelegate : Delegate
    {
        Type[] parameters = [.. _method.GetParameters().Select(parameter => parameter.ParameterType)];
        MethodInfo load = typeof(KernelLoaders).GetMethods().Single(method => method.Name == nameof(KernelLoaders.LoadKernel)
            && method.GetGenericArguments().Length == parameters.Length && method.GetParameters().Length == 3).MakeGenericMethod(parameters);
        Delegate action = Delegate.CreateDelegate(load.GetParameters()[1].ParameterType, _method);
        return (TDelegate)load.Invoke(null, [Accelerator, action, _specialization])!;
    }

    private protected override void DisposeObject()
    {
    }
}
