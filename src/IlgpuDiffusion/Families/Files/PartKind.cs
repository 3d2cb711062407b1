using System.Text.Json.Nodes;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Families;

/// <summary>A kind of network that files hold: how its tensors may be named, and its configuration as far as their shapes say it.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Layouts">How its tensors may be named.</param>
/// <param name="Config">The fields of diffusers' config.json that names and shapes of the canonical tensors say.</param>
internal sealed record PartKind(string Name, IReadOnlyList<PartLayout> Layouts, Func<PartShapes, JsonObject> Config)
{
    /// <summary>The table for a network whose tensors under diffusers' names are given, for files that change it; null where there is none.</summary>
    public Func<IReadOnlyList<WeightTensor>, KeyTable>? Originals { get; init; }

    /// <summary>The UNet of Stable Diffusion 1, 2 and XL.</summary>
    public static PartKind UNet { get; } = new("UNet", [UNetKeys.Original, PartLayout.Canonically("UNet, diffusers' names", "conv_in.weight")], UNetShape.Config) { Originals = tensors => UNetKeys.OfCanonical([.. tensors.Select(tensor => tensor.Name)]) };

    /// <summary>The transformer of Stable Diffusion 3 and 3.5.</summary>
    public static PartKind Mmdit { get; } = new("transformer", [MmditKeys.Original, MmditKeys.Diffusers], MmditShape.Config) { Originals = MmditKeys.OfCanonical };

    /// <summary>The transformer of FLUX.1.</summary>
    public static PartKind Flux { get; } = new("transformer", [FluxKeys.Original, FluxKeys.Diffusers], FluxShape.Config) { Originals = FluxKeys.OfCanonical };

    /// <summary>The autoencoder.</summary>
    public static PartKind Vae { get; } = new("autoencoder", [VaeKeys.Original, VaeKeys.Diffusers], VaeShape.Config);

    /// <summary>A ControlNet of a UNet.</summary>
    public static PartKind Control { get; } = new("ControlNet", [ControlNetKeys.Original, ControlNetKeys.Diffusers], ControlNetShape.Config);

    /// <summary>CLIP's text encoder.</summary>
    public static PartKind Clip { get; } = new("CLIP text encoder", [ClipKeys.OpenClip, ClipKeys.Transformers, ClipKeys.Bare], ClipShape.Config);

    /// <summary>T5's encoder.</summary>
    public static PartKind T5 { get; } = new("T5 text encoder", [T5Keys.Transformers, T5Keys.LlamaCpp], T5Shape.Config);
}

/// <summary>The shapes of a network's tensors by canonical name.</summary>
internal sealed class PartShapes(IEnumerable<WeightTensor> tensors)
{
    private readonly Dictionary<string, long[]> _shapes = tensors.DistinctBy(tensor => tensor.Name).ToDictionary(tensor => tensor.Name, tensor => tensor.Shape.ToArray(), StringComparer.Ordinal);

    /// <summary>Whether the tensor is there.</summary>
    public bool Has(string name) => _shapes.ContainsKey(name);

    /// <summary>The size of an axis; 0 where the tensor is not there or has fewer axes, which the configuration's reader or the network's check then names.</summary>
    public int Size(string name, int axis) => _shapes.TryGetValue(name, out long[]? shape) && axis < shape.Length ? (int)Math.Min(shape[axis], int.MaxValue) : 0;

    /// <summary>The number of axes; 0 where the tensor is not there.</summary>
    public int Axes(string name) => _shapes.TryGetValue(name, out long[]? shape) ? shape.Length : 0;

    /// <summary>How many of a numbered list are there: the first number from 0 up of which the tensor is not.</summary>
    public int Count(Func<int, string> name)
    {
        int count = 0;
        while (Has(name(count)))
        {
            count++;
        }

        return count;
    }
}
