namespace ILGPU
{
    /// <summary>How much a kernel is optimised; without meaning here.</summary>
    public enum OptimizationLevel
    {
        Debug = 0,
        Release = 1,
        O0 = 0,
        O1 = 1,
        O2 = 2,
    }

    /// <summary>How exact a kernel's mathematics are; exact here.</summary>
    public enum MathMode
    {
        Default,
        Fast,
        Fast32BitOnly,
    }
}

namespace ILGPU.Runtime
{
    /// <summary>What a kernel runs on.</summary>
    public enum AcceleratorType
    {
        CPU,
        Cuda,
        OpenCL,
    }
}

namespace ILGPU.Runtime.CPU
{
    /// <summary>How groups share processors; always in parallel here.</summary>
    public enum CPUAcceleratorMode
    {
        Auto,
        Sequential,
        Parallel,
    }
}
