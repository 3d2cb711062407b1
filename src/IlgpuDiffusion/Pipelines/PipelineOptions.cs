using IlgpuDiffusion.Cpu;
using IlgpuDiffusion.Graphs;
using IlgpuDiffusion.Weights;

namespace IlgpuDiffusion;

/// <summary>How a pipeline is opened.</summary>
public sealed record PipelineOptions
{
    /// <summary>
    /// Is told of weights that a request brings to a device with memory of its own, by the request that needs them first, on the thread that does it.
    /// Where the device reads the files there is nothing to tell.
    /// </summary>
    public IProgress<LoadProgress>? Loading { get; init; }

    /// <summary>Starts the device that the pipeline runs on and then owns, as <c>GpuDevice.Open</c> of the package IlgpuDiffusion.Gpu does; null takes the processor.</summary>
    public Func<Device>? Device { get; init; }

    /// <summary>A device that the pipeline shares with others and does not own; <see cref="Device"/>, <see cref="Threads"/>, <see cref="MemoryLimit"/> and <see cref="WeightBudget"/> are then the host's. Null gives the pipeline a device of its own.</summary>
    public DeviceHost? Host { get; init; }

    /// <summary>The bytes of weights that may be held at one time, those of one component at the least: each leaves when others need its room. Null holds as many as the device has room for.</summary>
    public long? WeightBudget { get; init; }

    /// <summary>
    /// Whether the weights of one component are held at a time: text encoders leave when the denoiser's are brought in, and these before pictures are decoded. Less memory, and all of them are brought in again
    /// for the next request. Without it that is done for requests that do not fit otherwise.
    /// </summary>
    public bool Offload { get; init; }

    /// <summary>
    /// The type in which activations are stored: F32, F16 or BF16, of which the processor has F32 alone. Null takes F32, but on a GPU the
    /// denoiser's own type where that has 16 bits: its weights have no more digits.
    /// </summary>
    public ElementType? Type { get; init; }

    /// <summary>The folder in which measurements of the device and the model are kept for later; null takes the user's own (XDG_CACHE_HOME, or the system's folder for local data).</summary>
    public string? CacheFolder { get; init; }

    /// <summary>Worker threads of the CPU device; 0 takes one for each physical core. What a GPU asks of the processor (decoding GGUF's blocks, copies) keeps to it too.</summary>
    public int Threads { get; init; }

    /// <summary>Bytes that the CPU device may allocate at one time, or null for what the machine has. Other devices have limits of their own.</summary>
    public long? MemoryLimit { get; init; }

    /// <summary>The variant of the weight files (<c>fp16</c>), or null to take what there is.</summary>
    public string? Variant { get; init; }

    /// <summary>
    /// Files that supply or replace networks of the model, by what they hold: <c>vae</c> (autoencoder), <c>clip-l</c>, <c>clip-g</c>, <c>clip-h</c>, <c>t5xxl</c> (text encoders:
    /// of Stable Diffusion 1, XL, 3 and FLUX.1; XL and 3; 2; 3 and FLUX.1). <c>taesd</c> is a tiny decoder for previews and pictures, beside the autoencoder. Each is a .safetensors file in any known layout, or a component's folder of a diffusers model.
    /// </summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();

    /// <summary>A model that takes over the last of every request's steps, as the refiner of Stable Diffusion XL does (<see cref="GenerationRequest.RefinerStart"/>): a diffusers folder, or one file.</summary>
    public string? Refiner { get; init; }

    /// <summary>A diffusers folder whose configurations and tokenizers a single file is read with, where it is not of its family's published sizes; its weights need not be there.</summary>
    public string? Config { get; init; }

    /// <summary>Where LoRAs are that prompts name, as <c>&lt;lora:name:0.8&gt;</c>: a folder of .safetensors files, in which folders may be.</summary>
    public string? LoraFolder { get; init; }

    /// <summary>Where learned embeddings (textual inversion) are whose words prompts may have: a folder of .safetensors files, in which folders may be.</summary>
    public string? EmbeddingFolder { get; init; }

    /// <summary>Whether the network predicts v rather than ε; null for what the model's files say.</summary>
    public bool? PredictsVelocity { get; init; }

    /// <summary>Names of graph passes to leave out, for comparisons (<see cref="Graphs.Passes.PassPipeline.Names"/>).</summary>
    public IReadOnlyCollection<string> WithoutPasses { get; init; } = [];

    internal WeightOptions Weights => new() { Variant = Variant, Supplied = Files, Settings = Config, PredictsVelocity = PredictsVelocity, Refiner = Refiner };

    /// <summary>Starts the device that <see cref="Device"/> names; the caller owns it.</summary>
    public Device StartDevice()
    {
        Device device = Device?.Invoke() ?? new CpuDevice((Threads == 0 ? new CpuDeviceOptions() : new CpuDeviceOptions { Threads = Threads }) with { MemoryLimit = MemoryLimit });
        device.HostThreads = Threads > 0 ? Threads : device.HostThreads;
        return device;
    }
}
