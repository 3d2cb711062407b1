using IlgpuDiffusion.Graphs;

namespace IlgpuDiffusion.Cli;

/// <summary>What <c>--type</c> means.</summary>
internal static class TypeChoice
{
    public const string Names = "auto|f32|f16|bf16";

    /// <summary>The type in which activations are to be stored; null leaves it to the device.</summary>
    /// <param name="name">The option's value, or null where it was not given.</param>
    /// <param name="repeated">What a repeated picture was made with, or null.</param>
    /// <param name="device">What <c>--device</c> was given, or null.</param>
    /// <param name="processor">Whether the processor computes, which stores F32 alone.</param>
    /// <param name="warning">What could not be followed, or null.</param>
    public static ElementType? Of(string? name, ElementType? repeated, string? device, bool processor, out string? warning)
    {
        warning = null;
        if (name is null)
        {
            warning = processor && repeated is { } wanted and not ElementType.F32 ? $"The picture was made with activations in {wanted.StorageName()}; the processor computes in f32, so details may differ." : null;
            return warning is null ? repeated : ElementType.F32;
        }

        if (name.Equals("auto", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        if (!ElementTypes.TryParseStorage(name, out ElementType type))
        {
            throw new UsageException($"--type is '{name}', but must be one of {Names.Replace("|", ", ", StringComparison.Ordinal)}.");
        }

        if (processor && type != ElementType.F32)
        {
            string there = device?.Equals("cpu", StringComparison.OrdinalIgnoreCase) == true ? "the processor (--device cpu)" : "the processor, which computes because no GPU was found,";
            throw new UsageException($"--type is '{name}', but {there} stores activations in f32 only. Leave --type out, or choose --device cuda, opencl or ilgpu-cpu.");
        }

        return type;
    }
}
