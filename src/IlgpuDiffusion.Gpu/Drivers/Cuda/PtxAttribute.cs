namespace IlgpuDiffusion.Gpu.Cuda;

/// <summary>
/// The PTX that stands for a method's call: $r0, $r1, … are the result's registers, $0, $1, … the arguments', structs taken apart
/// field by field; $s0 is argument 0, an address in shared memory, as the 32-bit address that instructions want.
/// </summary>
/// <param name="code">The instruction.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PtxAttribute(string code) : Attribute
{
    /// <summary>The instruction.</summary>
    public string Code { get; } = code;
}
