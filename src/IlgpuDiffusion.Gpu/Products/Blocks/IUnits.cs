using ILGPU;

namespace IlgpuDiffusion.Gpu;

/// <summary>What products on plain units are written in, as a type argument.</summary>
internal interface IUnits
{
    /// <summary>The group's dynamic shared memory; to be called once, and what it gives passed on.</summary>
    static abstract ArrayView<F4> Shared();

    /// <summary>a · b + c.</summary>
    static abstract float MultiplyAdd(float a, float b, float c);
}

/// <summary>Any device's units.</summary>
internal struct PlainUnits : IUnits
{
    public static ArrayView<F4> Shared() => SharedMemory.GetDynamic<F4>();

    public static float MultiplyAdd(float a, float b, float c) => (a * b) + c;
}
