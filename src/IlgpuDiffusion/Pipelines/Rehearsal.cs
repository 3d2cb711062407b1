using IlgpuDiffusion.Acceleration;
using IlgpuDiffusion.Components;
using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Graphs.Execution;
using IlgpuDiffusion.Graphs.Ops;
using IlgpuDiffusion.Imaging;
using IlgpuDiffusion.Models;
using IlgpuDiffusion.Sampling;
using IlgpuDiffusion.Text;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion.Pipelines;

/// <summary>
/// The smallest picture of a model of zeros, painted on a thread beside while a real model is opened and its weights are read: the runtime compiles
/// at a method's first call, and graphs, passes and kernels are then compiled already when the real model comes to them.
/// </summary>
internal static class Rehearsal
{
    private const int Side = 8;
    private const int Channels = 32;

    private static readonly Lazy<Task> Once = new(() => Task.Run(Play));

    /// <summary>Begins it, once in a process; the task ends with it.</summary>
    public static Task Begin() => Once.Value;

    private static void Play()
    {
        // One thread and small pages: it takes no more of the machine than what the compiler takes.
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1, HugePages = false });
        using Lane lane = new(device);
        using Residency residency = new(device);
        using WeightStore texts = WeightStore.Blank(ElementType.F16), networks = WeightStore.Blank(ElementType.F16), codecs = WeightStore.Blank(ElementType.F16);
        ComponentRunner runner = new(device, lane, residency, []);
        PromptTokens prompt = new([new TokenChunk(new int[ClipTokenizer.ContextLength], Enumerable.Repeat(1f, ClipTokenizer.ContextLength).ToArray())]);
        HostTensor context = new TextEncoder("text encoder", Text(), texts, runner).Encode([prompt, prompt], new TextLayer(0, Normalized: true, Pooled: false), Emphasis.Original, CancellationToken.None).States;
        Dictionary<string, HostTensor> conditioning = new() { [NetworkInputs.Context] = context };

        UNet2DConditionModel network = Network();
        int latents = network.Config.OutChannels;
        AccelerationPlan plan = AccelerationPlan.Neutral(evaluations: 2, guided: true);
        EvaluationKey key = new(1, Side, Side, 2, new EquatableArray<InputShape>(new InputShape(NetworkInputs.Context, context.Shape)), 2, Rescale: false, new([.. plan.Variants]));
        SamplingProgram program = SamplerCatalogue.Plan(new SchedulerConfig(), new SamplingRequest { Sampler = "ddim", Steps = key.Evaluations });
        float[] picture;
        using (Run run = new Denoiser(network, latents, networks, runner).Begin(key, program, plan, conditioning, 7, 7, 0, CancellationToken.None))
        using (DenoisingLoop loop = new(device, program, plan, run, new Shape(1, Side, Side, latents)))
        {
            loop.Start(new LatentNoise(NoiseKind.Cpu, 0, new Shape(1, Side, Side, latents)).Next());
            loop.Play(null, CancellationToken.None);
            picture = loop.Read(program.Result);
        }

        AutoencoderKl codec = Codec(latents);
        float[] pixels = new LatentCodec(codec, codecs, [ElementType.F32], runner).Decode(picture, new DecodeForm(Side, Side), CancellationToken.None);
        PngWriter.Encode(Image.FromFloats(pixels, Side * codec.Config.Factor, Side * codec.Config.Factor));
    }

    private static ClipTextModel Text() => new(new ClipConfig { VocabularySize = 1, Channels = Channels, InnerChannels = 2 * Channels, Layers = 1, Heads = 2 });

    // Two sizes, so that there is a way down and up; attention in both, of one head width.
    private static UNet2DConditionModel Network()
    {
        UNetAttention attention = new(Heads: 2, TextChannels: Channels, Layers: 1, OnlyCross: false);
        UNetBlock fine = new(Channels, 1, attention), coarse = new(2 * Channels, 1, attention);
        return new UNet2DConditionModel(new UNetConfig
        {
            SampleSize = Side,
            InChannels = 4,
            OutChannels = 4,
            CenterInput = false,
            DownBlocks = [fine, coarse],
            MidBlock = new UNetMidBlock(attention, 1),
            UpBlocks = [coarse with { Layers = 2 }, fine with { Layers = 2 }],
            Time = new UNetTime(Channels, 2 * Channels, CosineFirst: true, 0, Activation.Silu, null, null, null),
            Activation = Activation.Silu,
            NormGroups = 8,
            NormEpsilon = 1e-5,
            DownsamplePadding = 1,
            TimeScales = false,
            InKernel = 3,
            OutKernel = 3,
            LinearProjection = false,
        });
    }

    private static AutoencoderKl Codec(int latents) => new(new VaeConfig
    {
        InChannels = 3,
        OutChannels = 3,
        LatentChannels = latents,
        BlockChannels = [Channels / 2, Channels],
        LayersPerBlock = 1,
        Activation = Activation.Silu,
        NormGroups = 8,
        MidAttention = true,
        QuantConv = true,
        PostQuantConv = true,
        Scale = 1,
        Shift = 0,
    });
}
