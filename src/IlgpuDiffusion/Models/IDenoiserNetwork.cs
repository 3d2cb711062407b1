using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Models;

/// <summary>A network that tells noise from picture, as pipelines use any of them.</summary>
internal interface IDenoiserNetwork
{
    /// <summary>Channels of the latents that go in; more than the autoencoder's with inpainting networks.</summary>
    int InChannels { get; }

    /// <summary>The latents' height and width that it was trained at.</summary>
    int SampleSize { get; }

    /// <summary>The latents' height and width must be multiples of this.</summary>
    int GridStep => 1;

    /// <summary>What it takes beside latents and time.</summary>
    IReadOnlyList<NetworkInput> Inputs { get; }

    /// <summary>Throws if the weights lack a tensor, hold one of another shape, or hold one that the network does not use.</summary>
    void Check(WeightStore weights);

    /// <summary>Builds it: latents → what the network predicts, [B, H, W, out].</summary>
    /// <param name="m">The root of the weights.</param>
    /// <param name="latents">[B, H, W, in], already scaled for the network.</param>
    /// <param name="time">The time, [R, 1, 1, 1].</param>
    /// <param name="inputs">The values of <see cref="Inputs"/> by name.</param>
    Value Build(ModelBuilder m, Value latents, Value time, IReadOnlyDictionary<string, Value> inputs);
}

/// <summary>A network into which ControlNets reach.</summary>
internal interface IControlledNetwork : IDenoiserNetwork
{
    /// <summary>As <see cref="IDenoiserNetwork.Build"/>, with what ControlNets add.</summary>
    Value Build(ModelBuilder m, Value latents, Value time, IReadOnlyDictionary<string, Value> inputs, ControlResiduals? control);
}

/// <summary>A named input of a network: [R, 1, 1, C], or with tokens [R, 1, T, C].</summary>
/// <param name="Name">Its name, one of <see cref="NetworkInputs"/>.</param>
/// <param name="Channels">Values of a row or token.</param>
/// <param name="Stage">When it is known: with the request, or with the schedule of evaluations.</param>
/// <param name="HasTokens">Whether it has tokens.</param>
internal sealed record NetworkInput(string Name, int Channels, Stage Stage = Stage.Request, bool HasTokens = false);

/// <summary>The names of networks' inputs.</summary>
internal static class NetworkInputs
{
    /// <summary>The text encoders' states, token by token.</summary>
    public const string Context = "context";

    /// <summary>One vector for the whole text.</summary>
    public const string Pooled = "pooled";

    /// <summary>Sizes and crop of the picture, as SDXL was trained with them (Podell et al. 2023, section 2.2).</summary>
    public const string TimeIds = "time_ids";

    /// <summary>The guidance scale that a distilled network embeds (Meng et al. 2023).</summary>
    public const string Guidance = "guidance";

    /// <summary>A value that the network needs.</summary>
    /// <exception cref="ArgumentException">It was not given.</exception>
    public static Value Required(this IReadOnlyDictionary<string, Value> inputs, string name)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        return inputs.TryGetValue(name, out Value value) ? value : throw new ArgumentException($"The network takes the input '{name}', which was not given.", nameof(inputs));
    }
}
