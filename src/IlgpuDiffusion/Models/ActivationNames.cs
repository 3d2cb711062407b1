using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>Activations as config.json files name them.</summary>
internal static class ActivationNames
{
    /// <summary>The activation that a field names, or the fallback.</summary>
    public static Activation Activation(this ComponentConfig config, string field, string fallback) =>
        config.OptionalActivation(field) ?? Find(fallback)!.Value;

    /// <summary>The activation that a field names, or null.</summary>
    public static Activation? OptionalActivation(this ComponentConfig config, string field) => config.OptionalText(field) is { } name
        ? Find(name) ?? throw config.Unsupported(field, "'silu', 'swish', 'gelu', 'quick_gelu', 'relu'")
        : null;

    private static Activation? Find(string name) => name switch
    {
        "silu" or "swish" => Graphs.Ops.Activation.Silu,
        "gelu" => Graphs.Ops.Activation.Gelu,
        "relu" => Graphs.Ops.Activation.Relu,
        "quick_gelu" => Graphs.Ops.Activation.QuickGelu,
        _ => null,
    };
}
