using System.Reflection;
using ILGPU.Runtime;

namespace IlgpuDiffusion.Gpu;

/// <summary>A kernel that a launch asked for.</summary>
/// <param name="Method">Its entry with the type arguments.</param>
/// <param name="Form">What its groups need, if its items meet.</param>
internal sealed record KernelRequest(MethodInfo Method, GroupForm? Form)
{
    /// <summary>What it is.</summary>
    public string Name => GpuHost.NameOf(Method);

    /// <summary>How it is compiled.</summary>
    public KernelSpecialization Specialization => Form?.Specialization ?? default;
}
