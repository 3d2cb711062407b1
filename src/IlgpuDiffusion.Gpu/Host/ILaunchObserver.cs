using System.Reflection;

namespace IlgpuDiffusion.Gpu;

/// <summary>Is told of kernels on the processor, which have run when a launch returns; for tests.</summary>
internal interface ILaunchObserver
{
    /// <summary>A kernel begins.</summary>
    void Begins(MethodInfo kernel);

    /// <summary>It has ended, by itself or by an error.</summary>
    void Ended(MethodInfo kernel);
}
