using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Pipelines;

/// <summary>In which type a pipeline stores activations.</summary>
internal static class StorageType
{
    /// <summary>The type asked for, or the device's choice.</summary>
    /// <exception cref="RequestException">The device does not store activations in the type asked for.</exception>
    public static ElementType Of(ElementType? asked, Device device, WeightStore denoiser)
    {
        IReadOnlyList<ElementType> stored = device.Capabilities.Stores;
        if (asked is { } type)
        {
            return stored.Contains(type) ? type : throw new RequestException(
                nameof(PipelineOptions.Type),
                $"type {(type.IsStorage() ? type.StorageName() : type.ToString())}: the device '{device.Name}' stores activations as {string.Join(" or ", stored.Select(s => s.StorageName()))} only. Leave the type out, or choose a device that stores it (cuda, opencl, ilgpu-cpu).");
        }

        ElementType own = Of(denoiser);
        return device.PrefersNarrow && stored.Contains(own) ? own : ElementType.F32;
    }

    /// <summary>The type of most of a network's weights, by bytes.</summary>
    public static ElementType Of(WeightStore weights) => weights.Tensors.GroupBy(tensor => tensor.Type).MaxBy(group => group.Sum(tensor => tensor.Bytes))?.Key ?? ElementType.F32;
}
