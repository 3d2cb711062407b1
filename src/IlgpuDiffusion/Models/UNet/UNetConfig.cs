using IlgpuDiffusion.Graphs.Ops;

namespace IlgpuDiffusion.Models;

/// <summary>The form of a UNet (diffusers' UNet2DConditionModel). Lists of blocks go from the finest grid to the coarsest.</summary>
internal sealed record UNetConfig
{
    /// <summary>The latents' usual height and width.</summary>
    public required int SampleSize { get; init; }

    /// <summary>Channels that go in: the latents', and with inpainting models a mask and a picture's latents.</summary>
    public required int InChannels { get; init; }

    /// <summary>Channels that come out.</summary>
    public required int OutChannels { get; init; }

    /// <summary>Whether latents x go in as 2x − 1.</summary>
    public required bool CenterInput { get; init; }

    /// <summary>The blocks on the way down.</summary>
    public required IReadOnlyList<UNetBlock> DownBlocks { get; init; }

    /// <summary>The block in the middle, or null for none.</summary>
    public required UNetMidBlock? MidBlock { get; init; }

    /// <summary>The blocks on the way up, from the coarsest.</summary>
    public required IReadOnlyList<UNetBlock> UpBlocks { get; init; }

    /// <summary>The time embedding.</summary>
    public required UNetTime Time { get; init; }

    /// <summary>What is added to the time embedding beside the time, or null for nothing.</summary>
    public UNetAddition? Addition { get; init; }

    /// <summary>The activation of residual blocks, time embedding and output.</summary>
    public required Activation Activation { get; init; }

    /// <summary>Groups of the group norms.</summary>
    public required int NormGroups { get; init; }

    /// <summary>ε of the residual blocks' and the output's norms.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>Zeros around pictures that are halved; 0 stands for zeros below and at the right alone.</summary>
    public required int DownsamplePadding { get; init; }

    /// <summary>Whether time scales and shifts rather than being added.</summary>
    public required bool TimeScales { get; init; }

    /// <summary>The size of the first convolution's kernel.</summary>
    public required int InKernel { get; init; }

    /// <summary>The size of the last convolution's kernel.</summary>
    public required int OutKernel { get; init; }

    /// <summary>Whether transformers project by matrices, where earlier models have 1×1 convolutions; a name for files, not a difference in arithmetic.</summary>
    public required bool LinearProjection { get; init; }
}

/// <summary>The time embedding of a UNet.</summary>
/// <param name="FrequencyChannels">Sinusoids.</param>
/// <param name="Channels">Channels of the embedding.</param>
/// <param name="CosineFirst">Whether cosines come before sines.</param>
/// <param name="Shift">What is taken from the number of frequencies in the exponent's denominator.</param>
/// <param name="InnerActivation">Between the two layers.</param>
/// <param name="LastActivation">After the second layer, or null for none.</param>
/// <param name="OuterActivation">After all that is added to it, or null for none.</param>
/// <param name="GuidanceChannels">Sinusoids of the guidance scale that a distilled model takes, or null.</param>
internal sealed record UNetTime(int FrequencyChannels, int Channels, bool CosineFirst, double Shift, Activation InnerActivation, Activation? LastActivation, Activation? OuterActivation, int? GuidanceChannels);

/// <summary>The text and sizes that SDXL adds to the time embedding (diffusers' addition_embed_type "text_time").</summary>
/// <param name="TimeIds">Numbers of the picture's sizes: 6, the refiner 5.</param>
/// <param name="TimeChannels">Sinusoids of each.</param>
/// <param name="PooledChannels">Channels of the pooled text.</param>
internal sealed record UNetAddition(int TimeIds, int TimeChannels, int PooledChannels)
{
    /// <summary>Original size, crop, target size, of two numbers each.</summary>
    public const int Sizes = 6;

    /// <summary>Original size, crop, of two numbers each, and how beautiful the picture is.</summary>
    public const int SizesAndScore = 5;
}

/// <summary>A block of a UNet: layers of a residual block and, perhaps, a transformer; then a resize but for the last block.</summary>
/// <param name="Channels">Channels of its layers' results.</param>
/// <param name="Layers">The number of layers.</param>
/// <param name="Attention">Its transformers, or null for none.</param>
internal sealed record UNetBlock(int Channels, int Layers, UNetAttention? Attention);

/// <summary>The block in the middle of a UNet.</summary>
/// <param name="Attention">Its transformer, between two residual blocks; null for one residual block alone.</param>
/// <param name="OutputScale">What its residual blocks' sums are divided by.</param>
internal sealed record UNetMidBlock(UNetAttention? Attention, double OutputScale);

/// <summary>The transformers of a block.</summary>
/// <param name="Heads">Heads of each attention.</param>
/// <param name="TextChannels">Channels of the text.</param>
/// <param name="Layers">Transformer blocks in each.</param>
/// <param name="OnlyCross">Whether the first attention of each looks at the text too.</param>
internal sealed record UNetAttention(int Heads, int TextChannels, int Layers, bool OnlyCross);
