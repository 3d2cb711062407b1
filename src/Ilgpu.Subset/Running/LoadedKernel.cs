using System.Reflection;
using ILGPU.Il;
using ILGPU.Runtime;

namespace ILGPU.Running;

/// <summary>A kernel's name, promises, and whether its items meet.</summary>
internal sealed class LoadedKernel
{
    public LoadedKernel(MethodInfo method, KernelSpecialization specialization)
    {
        if (!method.IsStatic)
        {
            throw new NotSupportedException($"Kernel {method.DeclaringType?.Name}.{method.Name} is not a static method.");
        }

        Name = IlNames.Of(method);
        Specialization = specialization;
        ItemsMeet = Meetings.In(method);
    }

    public string Name { get; }

    public KernelSpecialization Specialization { get; }

    public bool ItemsMeet { get; }
}
